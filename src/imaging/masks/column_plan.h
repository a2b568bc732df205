// SPDX-License-Identifier: Apache-2.0
// Which source columns each column of a resized picture lies between, laid out for vectors of kLanes columns.
// Thread-safety: constant after start().
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "imaging/masks/sampling.h"

namespace segfleet {

inline constexpr std::size_t kLanes = 16;  // columns computed at a time
inline constexpr std::size_t kWindow =
    32;  // source columns that a vector's columns are chosen from in registers
inline constexpr std::size_t kRowPadding = kWindow;  // floats that may be read behind a source row

struct ColumnPlan {
  std::size_t columns = 0;  // a multiple of kLanes: the last column is repeated
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> second;
  std::vector<float> first_weight;
  std::vector<float> second_weight;
  // Where every vector's sources lie within kWindow columns (all enlargements, reductions down to a half):
  bool has_windows = false;
  bool is_same = false;  // the source's own columns: nothing is interpolated, the other fields are not used
  std::vector<std::int32_t> window;           // of each vector: its window's first source column
  std::vector<std::int32_t> first_in_window;  // of each column
  std::vector<std::int32_t> second_in_window;

  // The first `visible` columns of a row of `to` columns made from `from`. Requires: 1 <= visible <= to.
  void start(int from, int to, int visible);
  // The source's own `visible` columns.
  void start_same(int visible);
};

}  // namespace segfleet
