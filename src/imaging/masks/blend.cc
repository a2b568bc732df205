// SPDX-License-Identifier: Apache-2.0
// Compiled with -O3 and -ffp-contract=off.
#include "imaging/masks/blend.h"

#include <cstring>
#include <limits>

#include "imaging/masks/float_exp.h"

// One copy for each vector width, chosen when the program is loaded.
// The sanitizers are not up yet at that moment.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define SEGFLEET_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SEGFLEET_VECTOR_CLONES
#endif
// Only where the compiler has the shuffle and the processor the instruction for it.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define SEGFLEET_HAS_SHUFFLE 1
#define SEGFLEET_FOR_SHUFFLE __attribute__((target("avx512f")))
#endif
#define SEGFLEET_INLINE __attribute__((always_inline)) inline

namespace segfleet {
namespace {

// 16 lanes, whatever registers the machine has; only inside of functions, never passed between them.
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Ints = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));
using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));

enum class Spread { same, gather, shuffle };  // of source columns to the target's
enum class Result { argmax, sums, values };

template <typename Vector, typename T>
SEGFLEET_INLINE void load(Vector& vector, const T* from) {
  std::memcpy(&vector, from, sizeof vector);
}

// A source row's pixels left and right of each column.
struct Sides {
  Floats left;
  Floats right;
};

template <Spread kSpread>
SEGFLEET_INLINE void spread(const float* row, const ColumnPlan& plan, std::size_t x, const Ints& first,
                            const Ints& second, Sides& sides) {
#ifdef SEGFLEET_HAS_SHUFFLE
  if constexpr (kSpread == Spread::shuffle) {
    Floats low;
    Floats high;
    load(low, row + plan.window[x / kLanes]);
    load(high, row + plan.window[x / kLanes] + kLanes);
    sides.left = __builtin_shuffle(low, high, first);
    sides.right = __builtin_shuffle(low, high, second);
    return;
  }
#endif
  float left[kLanes];
  float right[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) {
    left[i] = row[plan.first[x + i]];
    right[i] = row[plan.second[x + i]];
  }
  load(sides.left, left);
  load(sides.right, right);
}

template <Spread kSpread, Result kResult, std::size_t kRows>
SEGFLEET_INLINE void blend_rows(const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows,
                                [[maybe_unused]] float* scratch, Aside& aside) {
  for (std::size_t x = 0; x < plan.columns; x += kLanes) {
    aside.step();
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
      Sides upper{};
      Sides lower{};
      if constexpr (kSpread == Spread::same) {
        load(upper.left, source.upper + at + x);
      } else {
        spread<kSpread>(source.upper + at, plan, x, first, second, upper);
        spread<kSpread>(source.lower + at, plan, x, first, second, lower);
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
          std::memcpy(scratch + static_cast<std::size_t>(c) * kLanes, &value, sizeof value);
      }
    }
    if constexpr (kResult == Result::values) continue;
    for (std::size_t r = 0; r < kRows; ++r) {
      std::memcpy(rows[r].best + x, &best[r], sizeof best[r]);
      const Bytes bytes = __builtin_convertvector(label[r], Bytes);
      std::memcpy(rows[r].labels + x, &bytes, sizeof bytes);
    }
    if constexpr (kResult == Result::sums) {
      float* sums = rows[0].sums + x;
      for (std::size_t i = 0; i < kLanes; ++i) sums[i] = 0;
      for (int c = 0; c < source.classes; ++c) {
        const float* values = scratch + static_cast<std::size_t>(c) * kLanes;
        for (std::size_t i = 0; i < kLanes; ++i) sums[i] += exp_of_difference(values[i], rows[0].best[x + i]);
      }
    }
  }
}

template <Spread kSpread, Result kResult>
SEGFLEET_INLINE void blend_any(const SourcePair& source, const ColumnPlan& plan,
                               std::span<const TargetRow> rows, float* scratch, Aside& aside) {
  if constexpr (kResult == Result::argmax) {
    if (rows.size() == 2) return blend_rows<kSpread, kResult, 2>(source, plan, rows.data(), scratch, aside);
  }
  blend_rows<kSpread, kResult, 1>(source, plan, rows.data(), scratch, aside);
}

#define SEGFLEET_BLEND(name, attributes, kind, result)                                                    \
  attributes void name(const SourcePair& source, const ColumnPlan& plan, std::span<const TargetRow> rows, \
                       float* scratch, Aside& aside) {                                                    \
    blend_any<kind, result>(source, plan, rows, scratch, aside);                                          \
  }
SEGFLEET_BLEND(same_argmax, SEGFLEET_VECTOR_CLONES, Spread::same, Result::argmax)
SEGFLEET_BLEND(same_sums, SEGFLEET_VECTOR_CLONES, Spread::same, Result::sums)
SEGFLEET_BLEND(same_values, SEGFLEET_VECTOR_CLONES, Spread::same, Result::values)
SEGFLEET_BLEND(gather_argmax, SEGFLEET_VECTOR_CLONES, Spread::gather, Result::argmax)
SEGFLEET_BLEND(gather_sums, SEGFLEET_VECTOR_CLONES, Spread::gather, Result::sums)
SEGFLEET_BLEND(gather_values, SEGFLEET_VECTOR_CLONES, Spread::gather, Result::values)
#ifdef SEGFLEET_HAS_SHUFFLE
SEGFLEET_BLEND(shuffle_argmax, SEGFLEET_FOR_SHUFFLE, Spread::shuffle, Result::argmax)
SEGFLEET_BLEND(shuffle_sums, SEGFLEET_FOR_SHUFFLE, Spread::shuffle, Result::sums)
SEGFLEET_BLEND(shuffle_values, SEGFLEET_FOR_SHUFFLE, Spread::shuffle, Result::values)

bool can_shuffle(const ColumnPlan& plan) {
  static const bool has_instruction = __builtin_cpu_supports("avx512f") != 0;
  return has_instruction && plan.has_windows;
}
#define SEGFLEET_CHOOSE(plan, result) \
  ((plan).is_same ? same_##result : can_shuffle(plan) ? shuffle_##result : gather_##result)
#else
#define SEGFLEET_CHOOSE(plan, result) ((plan).is_same ? same_##result : gather_##result)
#endif

}  // namespace

void argmax_of_blend(const SourcePair& source, const ColumnPlan& plan, std::span<const TargetRow> rows,
                     Aside& aside) {
  SEGFLEET_CHOOSE(plan, argmax)(source, plan, rows, nullptr, aside);
}

void sums_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, float* scratch,
                   Aside& aside) {
  SEGFLEET_CHOOSE(plan, sums)(source, plan, {&row, 1}, scratch, aside);
}

void values_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, Aside& aside) {
  SEGFLEET_CHOOSE(plan, values)(source, plan, {&row, 1}, nullptr, aside);
}

}  // namespace segfleet
