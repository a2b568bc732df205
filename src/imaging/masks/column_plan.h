// SPDX-License-Identifier: Apache-2.0
// Which source columns each column of a resized picture lies between, laid out for vectors of kLanes columns.
// Thread-safety: constant after start().
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "imaging/masks/sampling.h"

namespace segfleet {

inline constexpr std::size_t kLanes = 16;               // columns computed at a time
inline constexpr std::size_t kRowPadding = 2 * kLanes;  // floats that may be read behind a source row

// How a vector gets its columns' sources, the better ways first.
enum class Spread {
  same,           // the source's own columns: nothing is interpolated
  one_register,   // the first ones out of one register, the second ones out of another: all enlargements
  two_registers,  // all of them out of two registers: reductions down to a half as well
  gather          // one by one
};

struct ColumnPlan {
  std::size_t columns = 0;  // a multiple of kLanes: the last column is repeated
  // Not used where nothing is interpolated:
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> second;
  std::vector<float> first_weight;
  std::vector<float> second_weight;
  // Of vectors of 8 and of 16 columns:
  Spread spread_8 = Spread::same;
  Spread spread_16 = Spread::same;
  // Twice the source's columns: up to here, all x and x + 1 with an odd x lie between the columns (x - 1) / 2
  // and (x + 1) / 2, with the weights of 1 and 2. 0 where it is not so, or too few for it to matter.
  std::size_t doubled_end = 0;

  // The first `visible` columns of a row of `to` columns made from `from`. Requires: 1 <= visible <= to.
  void start(int from, int to, int visible);
  // The source's own `visible` columns.
  void start_same(int visible);
};

}  // namespace segfleet
