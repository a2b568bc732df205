// SPDX-License-Identifier: Apache-2.0
// Rows of any number of columns: each vector's sources are spread out to its columns first.
#pragma once
#include "imaging/masks/best_class.h"
#include "imaging/masks/blend.h"

// clang has no shuffle whose order is a variable.
#if defined(__GNUC__) && !defined(__clang__)
#define SEGFLEET_HAS_SHUFFLES 1
#endif

namespace segfleet {

// A source row's pixels left and right of each column.
template <std::size_t kWidth>
struct Sides {
  typename VectorsOf<kWidth>::Floats left;
  typename VectorsOf<kWidth>::Floats right;
};

template <Spread kSpread, std::size_t kWidth>
SEGFLEET_INLINE void spread(const float* row, const ColumnPlan& plan, std::size_t x,
                            [[maybe_unused]] const typename VectorsOf<kWidth>::Ints& first,
                            [[maybe_unused]] const typename VectorsOf<kWidth>::Ints& second,
                            Sides<kWidth>& sides) {
#ifdef SEGFLEET_HAS_SHUFFLES
  typename VectorsOf<kWidth>::Floats low;
  typename VectorsOf<kWidth>::Floats high;
  if constexpr (kSpread == Spread::one_register) {
    __builtin_prefetch(row + plan.first[x] + kLanes);  // the processor does not guess so many rows
    load(low, row + plan.first[x]);
    load(high, row + plan.second[x]);
    sides.left = __builtin_shuffle(low, first);
    sides.right = __builtin_shuffle(high, second);
    return;
  }
  if constexpr (kSpread == Spread::two_registers) {
    load(low, row + plan.first[x]);
    load(high, row + plan.first[x] + kWidth);
    sides.left = __builtin_shuffle(low, high, first);
    sides.right = __builtin_shuffle(low, high, second);
    return;
  }
#endif
  float left[kWidth];
  float right[kWidth];
  for (std::size_t i = 0; i < kWidth; ++i) {
    left[i] = row[plan.first[x + i]];
    right[i] = row[plan.second[x + i]];
  }
  load(sides.left, left);
  load(sides.right, right);
}

// Columns begin to end - 1, whole vectors.
template <Spread kSpread, std::size_t kWidth, RowResult kResult, std::size_t kRows>
SEGFLEET_INLINE void blend_spread(const SourcePair& source, const ColumnPlan& plan, std::size_t begin,
                                  std::size_t end, const TargetRow* rows, [[maybe_unused]] float* scratch,
                                  Aside& aside) {
  using Floats = typename VectorsOf<kWidth>::Floats;
  using Ints = typename VectorsOf<kWidth>::Ints;
  for (std::size_t x = begin; x < end; x += kWidth) {
    if (x % kLanes == 0) aside.step();
    Floats left_weight{};
    Floats right_weight{};
    Ints first{};
    Ints second{};
    if constexpr (kSpread != Spread::same) {
      load(left_weight, plan.first_weight.data() + x);
      load(right_weight, plan.second_weight.data() + x);
      load(first, plan.first.data() + x);
      load(second, plan.second.data() + x);
      first -= plan.first[x];
      second -= kSpread == Spread::one_register ? plan.second[x] : plan.first[x];
    }
    BestClass<kWidth> best[kRows];
    std::size_t at = 0;
    for (int c = 0; c < source.classes; ++c, at += source.class_stride) {
      Sides<kWidth> upper{};
      Sides<kWidth> lower{};
      if constexpr (kSpread == Spread::same) {
        load(upper.left, source.upper + at + x);
      } else {
        spread<kSpread, kWidth>(source.upper + at, plan, x, first, second, upper);
        spread<kSpread, kWidth>(source.lower + at, plan, x, first, second, lower);
      }
      for (std::size_t r = 0; r < kRows; ++r) {
        const float up = rows[r].upper_weight;
        const float low = rows[r].lower_weight;
        const Floats value = kSpread == Spread::same
                                 ? upper.left
                                 : upper.left * up * left_weight + lower.left * low * left_weight +
                                       upper.right * up * right_weight + lower.right * low * right_weight;
        if constexpr (kResult == RowResult::values) {
          store(value, rows[r].values + static_cast<std::size_t>(c) * plan.columns + x);
          continue;
        }
        best[r].meet(value, c);
        if constexpr (kResult == RowResult::sums)
          store(value, scratch + static_cast<std::size_t>(c) * kWidth);
      }
    }
    if constexpr (kResult == RowResult::values) continue;
    for (std::size_t r = 0; r < kRows; ++r) {
      store(best[r].score, rows[r].best + x);
      store(__builtin_convertvector(best[r].label, typename VectorsOf<kWidth>::Bytes), rows[r].labels + x);
    }
    if constexpr (kResult == RowResult::sums) {
      Floats sums;
      sum_powers<kWidth>(scratch, source.classes, best[0].score, sums);
      store(sums, rows[0].sums + x);
    }
  }
}

}  // namespace segfleet
