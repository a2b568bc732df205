// SPDX-License-Identifier: Apache-2.0
// Rows of twice as many columns as their source, the commonest enlargement. Columns x and x + 1, x odd, lie
// between the same two source columns with weights that never change, so a vector of every second column
// is read in one piece, and the products with the rows' weights serve two vectors. The same operations on
// the same floats as blend_spread.h, hence the same bits.
#pragma once
#include <algorithm>

#include "imaging/masks/blend_spread.h"

namespace segfleet {

// Lanes of one and the other in turn.
template <std::size_t kWidth, typename Floats>
SEGFLEET_INLINE void store_in_turn(const Floats& one, const Floats& other, float* to) {
  if constexpr (kWidth == 4) {
    store(__builtin_shufflevector(one, other, 0, 4, 1, 5), to);
    store(__builtin_shufflevector(one, other, 2, 6, 3, 7), to + kWidth);
  } else {
    static_assert(kWidth == 8);
    store(__builtin_shufflevector(one, other, 0, 8, 1, 9, 2, 10, 3, 11), to);
    store(__builtin_shufflevector(one, other, 4, 12, 5, 13, 6, 14, 7, 15), to + kWidth);
  }
}

// 2 * kWidth columns from x on, x odd. `scratch`: as of sums_of_blend().
template <std::size_t kWidth, RowResult kResult, std::size_t kRows>
SEGFLEET_INLINE void blend_two_by_two(const SourcePair& source, const ColumnPlan& plan, std::size_t x,
                                      const TargetRow* rows, [[maybe_unused]] float* scratch) {
  using Floats = typename VectorsOf<kWidth>::Floats;
  const auto classes = static_cast<std::size_t>(source.classes);
  const float odd_left = plan.first_weight[x];
  const float odd_right = plan.second_weight[x];
  const float even_left = plan.first_weight[x + 1];
  const float even_right = plan.second_weight[x + 1];
  const float* upper = source.upper + plan.first[x];
  const float* lower = source.lower + plan.first[x];
  BestClass<kWidth> odd_best[kRows];
  BestClass<kWidth> even_best[kRows];
  for (std::size_t label = 0; label < classes;
       ++label, upper += source.class_stride, lower += source.class_stride) {
    Floats upper_left;
    Floats lower_left;
    Floats upper_right;
    Floats lower_right;
    load(upper_left, upper);
    load(lower_left, lower);
    load(upper_right, upper + 1);
    load(lower_right, lower + 1);
    __builtin_prefetch(upper + kLanes);  // the processor does not guess so many rows
    __builtin_prefetch(lower + kLanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const Floats a = upper_left * rows[r].upper_weight;
      const Floats b = lower_left * rows[r].lower_weight;
      const Floats c = upper_right * rows[r].upper_weight;
      const Floats d = lower_right * rows[r].lower_weight;
      const Floats odd = a * odd_left + b * odd_left + c * odd_right + d * odd_right;
      const Floats even = a * even_left + b * even_left + c * even_right + d * even_right;
      if constexpr (kResult == RowResult::values) {
        store_in_turn<kWidth>(odd, even, rows[r].values + label * plan.columns + x);
        continue;
      }
      odd_best[r].meet(odd, static_cast<int>(label));
      even_best[r].meet(even, static_cast<int>(label));
      if constexpr (kResult == RowResult::sums) {
        store(odd, scratch + label * kWidth);
        store(even, scratch + (classes + label) * kWidth);
      }
    }
  }
  if constexpr (kResult == RowResult::values) return;
  for (std::size_t r = 0; r < kRows; ++r) {
    const auto labels = (odd_best[r].label & 255) | (even_best[r].label << 8);
    store(__builtin_convertvector(labels, typename VectorsOf<kWidth>::Shorts), rows[r].labels + x);
    store_in_turn<kWidth>(odd_best[r].score, even_best[r].score, rows[r].best + x);
  }
  if constexpr (kResult == RowResult::sums) {
    Floats odd_sums;
    Floats even_sums;
    sum_powers<kWidth>(scratch, source.classes, odd_best[0].score, odd_sums);
    sum_powers<kWidth>(scratch + classes * kWidth, source.classes, even_best[0].score, even_sums);
    store_in_turn<kWidth>(odd_sums, even_sums, rows[0].sums + x);
  }
}

// Requires: plan.doubled_end > 0. kEnds: how the columns at both ends get their sources.
template <Spread kEnds, std::size_t kWidth, RowResult kResult, std::size_t kRows>
SEGFLEET_INLINE void blend_doubled(const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows,
                                   float* scratch, Aside& aside) {
  blend_spread<kEnds, kWidth, kResult, kRows>(source, plan, 0, kLanes, rows, scratch, aside);
  std::size_t x = kLanes - 1;  // odd, so the last of those columns is made twice
  for (; x + 2 * kWidth <= plan.doubled_end; x += 2 * kWidth) {
    if ((x + 1) % kLanes == 0) aside.step();
    blend_two_by_two<kWidth, kResult, kRows>(source, plan, x, rows, scratch);
  }
  const std::size_t rest = std::max(kLanes, x / kLanes * kLanes);
  blend_spread<kEnds, kWidth, kResult, kRows>(source, plan, rest, plan.columns, rows, scratch, aside);
}

}  // namespace segfleet
