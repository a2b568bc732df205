// SPDX-License-Identifier: Apache-2.0
// Compiled with -O3 and -ffp-contract=off.
#include "imaging/masks/blend.h"

#include <cstring>
#include <limits>

#include "imaging/masks/float_exp.h"

// One copy for each vector width, chosen when it is called: a compiler that splits vectors which the
// processor does not have compares them lane by lane.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define SEGFLEET_HAS_COPIES 1
#endif
#define SEGFLEET_INLINE __attribute__((always_inline)) inline

namespace segfleet {
namespace {

// Only inside of functions, never passed between them. Spelt out: GCC 12 takes no width from a template.
template <std::size_t kWidth>
struct VectorsOf;
#define SEGFLEET_VECTORS(kWidth)                                                      \
  template <>                                                                         \
  struct VectorsOf<kWidth> {                                                          \
    using Floats = float __attribute__((vector_size((kWidth) * sizeof(float))));      \
    using Ints = std::int32_t __attribute__((vector_size((kWidth) * sizeof(float)))); \
    using Bytes = std::uint8_t __attribute__((vector_size(kWidth)));                  \
  };
SEGFLEET_VECTORS(4)
SEGFLEET_VECTORS(8)
SEGFLEET_VECTORS(16)

enum class Spread { same, gather, shuffle };  // of source columns to the target's
enum class Result { argmax, sums, values };

template <typename Vector, typename T>
SEGFLEET_INLINE void load(Vector& vector, const T* from) {
  std::memcpy(&vector, from, sizeof vector);
}

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
#ifdef SEGFLEET_HAS_COPIES
  if constexpr (kSpread == Spread::shuffle) {
    typename VectorsOf<kWidth>::Floats low;
    typename VectorsOf<kWidth>::Floats high;
    load(low, row + plan.window[x / kLanes]);
    load(high, row + plan.window[x / kLanes] + kLanes);
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

template <Spread kSpread, std::size_t kWidth, Result kResult, std::size_t kRows>
SEGFLEET_INLINE void blend_rows(const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows,
                                [[maybe_unused]] float* scratch, Aside& aside) {
  using Floats = typename VectorsOf<kWidth>::Floats;
  using Ints = typename VectorsOf<kWidth>::Ints;
  using Bytes = typename VectorsOf<kWidth>::Bytes;
  for (std::size_t x = 0; x < plan.columns; x += kWidth) {
    if (x % kLanes == 0) aside.step();
    Floats left_weight{};
    Floats right_weight{};
    Ints first{};
    Ints second{};
    if constexpr (kSpread != Spread::same) {
      load(left_weight, plan.first_weight.data() + x);
      load(right_weight, plan.second_weight.data() + x);
      load(first, plan.first_in_window.data() + x);
      load(second, plan.second_in_window.data() + x);
    }
    Floats best[kRows];
    Ints label[kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
      best[r] = Floats{} + std::numeric_limits<float>::lowest();
      label[r] = Ints{};
    }
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
        if constexpr (kResult == Result::values) {
          std::memcpy(rows[r].values + static_cast<std::size_t>(c) * plan.columns + x, &value, sizeof value);
          continue;
        }
        const Ints larger = value > best[r];
        best[r] = larger ? value : best[r];
        label[r] = larger ? Ints{} + c : label[r];
        if constexpr (kResult == Result::sums)
          std::memcpy(scratch + static_cast<std::size_t>(c) * kWidth, &value, sizeof value);
      }
    }
    if constexpr (kResult == Result::values) continue;
    for (std::size_t r = 0; r < kRows; ++r) {
      std::memcpy(rows[r].best + x, &best[r], sizeof best[r]);
      const Bytes bytes = __builtin_convertvector(label[r], Bytes);
      std::memcpy(rows[r].labels + x, &bytes, sizeof bytes);
    }
    if constexpr (kResult == Result::sums) {
      float sums[kWidth] = {};
      float winner[kWidth];
      std::memcpy(winner, &best[0], sizeof winner);
      for (int c = 0; c < source.classes; ++c) {
        float values[kWidth];
        std::memcpy(values, scratch + static_cast<std::size_t>(c) * kWidth, sizeof values);
        for (std::size_t i = 0; i < kWidth; ++i) sums[i] += exp_of_difference(values[i], winner[i]);
      }
      std::memcpy(rows[0].sums + x, sums, sizeof sums);
    }
  }
}

template <Spread kSpread, std::size_t kWidth, Result kResult>
SEGFLEET_INLINE void blend_any(const SourcePair& source, const ColumnPlan& plan,
                               std::span<const TargetRow> rows, float* scratch, Aside& aside) {
  if constexpr (kResult == Result::argmax) {
    if (rows.size() == 2)
      return blend_rows<kSpread, kWidth, kResult, 2>(source, plan, rows.data(), scratch, aside);
  }
  blend_rows<kSpread, kWidth, kResult, 1>(source, plan, rows.data(), scratch, aside);
}

using Blend = void (*)(const SourcePair&, const ColumnPlan&, std::span<const TargetRow>, float*, Aside&);

#define SEGFLEET_TARGET(name) __attribute__((target(name)))
// NOLINTBEGIN(bugprone-macro-parentheses): an attribute takes none
#define SEGFLEET_BLEND(name, attributes, kSpread, kWidth)                                                 \
  template <Result kResult>                                                                               \
  attributes void name(const SourcePair& source, const ColumnPlan& plan, std::span<const TargetRow> rows, \
                       float* scratch, Aside& aside) {                                                    \
    blend_any<kSpread, kWidth, kResult>(source, plan, rows, scratch, aside);                              \
  }
// NOLINTEND(bugprone-macro-parentheses)
SEGFLEET_BLEND(same_4, , Spread::same, 4)
SEGFLEET_BLEND(gather_4, , Spread::gather, 4)
#ifdef SEGFLEET_HAS_COPIES
SEGFLEET_BLEND(same_8, SEGFLEET_TARGET("avx2"), Spread::same, 8)
SEGFLEET_BLEND(gather_8, SEGFLEET_TARGET("avx2"), Spread::gather, 8)
SEGFLEET_BLEND(same_16, SEGFLEET_TARGET("avx512f"), Spread::same, 16)
SEGFLEET_BLEND(gather_16, SEGFLEET_TARGET("avx512f"), Spread::gather, 16)
SEGFLEET_BLEND(shuffle_16, SEGFLEET_TARGET("avx512f"), Spread::shuffle, 16)

template <Result kResult>
Blend blend_for(const ColumnPlan& plan) {
  static const bool has_16 = __builtin_cpu_supports("avx512f") != 0;
  static const bool has_8 = __builtin_cpu_supports("avx2") != 0;
  if (has_16)
    return plan.is_same ? same_16<kResult> : plan.has_windows ? shuffle_16<kResult> : gather_16<kResult>;
  if (has_8) return plan.is_same ? same_8<kResult> : gather_8<kResult>;
  return plan.is_same ? same_4<kResult> : gather_4<kResult>;
}
#else
template <Result kResult>
Blend blend_for(const ColumnPlan& plan) {
  return plan.is_same ? same_4<kResult> : gather_4<kResult>;
}
#endif

}  // namespace

void argmax_of_blend(const SourcePair& source, const ColumnPlan& plan, std::span<const TargetRow> rows,
                     Aside& aside) {
  blend_for<Result::argmax>(plan)(source, plan, rows, nullptr, aside);
}

void sums_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, float* scratch,
                   Aside& aside) {
  blend_for<Result::sums>(plan)(source, plan, {&row, 1}, scratch, aside);
}

void values_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, Aside& aside) {
  blend_for<Result::values>(plan)(source, plan, {&row, 1}, nullptr, aside);
}

}  // namespace segfleet
