// SPDX-License-Identifier: Apache-2.0
// The arithmetic of restoring scores: interpolation in Paddle's own order of float operations, argmax, and
// the sum that makes the winner's score its probability. Vectors of kLanes columns, all classes of a vector
// before the next. One copy for each vector width, all with the same bits: no contraction to fused
// multiply-add, no reordering. Thread-safety: free functions without shared state.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "imaging/masks/column_plan.h"

namespace segfleet {

// Two source rows, classes `class_stride` floats apart, each with kRowPadding readable floats behind it.
struct SourcePair {
  const float* upper = nullptr;
  const float* lower = nullptr;
  std::size_t class_stride = 0;
  int classes = 0;
};

// One row between them, and where its results go: plan.columns of each.
struct TargetRow {
  float upper_weight = 0;
  float lower_weight = 0;
  std::uint8_t* labels = nullptr;  // class of the best score; above 255 it wraps
  float* best = nullptr;
  float* sums = nullptr;    // sums_of_blend() only
  float* values = nullptr;  // values_of_blend() only: of class c at c * plan.columns
};

// What runs between two vectors, so that memory is read while the processor computes.
class Aside {
 public:
  virtual void step() = 0;

 protected:
  ~Aside() = default;
};

// The first maximum wins, NaN never does; nothing above -FLT_MAX is class 0 with that as its best score.
// One or two rows of the same pair; two share the reading of the sources.
void argmax_of_blend(const SourcePair& source, const ColumnPlan& plan, std::span<const TargetRow> rows,
                     Aside& aside);

// The same, and sums[i] = sum over classes of exp(score - best): 1 / sum is the softmax of the best score.
// NaN counts as nothing. `scratch`: classes * kLanes floats. One row.
void sums_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, float* scratch,
                   Aside& aside);

// The scores themselves. One row.
void values_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, Aside& aside);

}  // namespace segfleet
