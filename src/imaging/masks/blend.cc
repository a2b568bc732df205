// SPDX-License-Identifier: Apache-2.0
// Compiled with -O3 and -ffp-contract=off.
#include "imaging/masks/blend.h"

#include "imaging/masks/blend_doubled.h"

// One copy for each vector width, chosen when it is called: a compiler that splits vectors which the
// processor does not have compares them lane by lane.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define SEGFLEET_HAS_COPIES 1
#endif

namespace segfleet {
namespace {

template <bool kDoubled, Spread kSpread, std::size_t kWidth, RowResult kResult, std::size_t kRows>
SEGFLEET_INLINE void blend_rows(const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows,
                                float* scratch, Aside& aside) {
  if constexpr (kDoubled)
    blend_doubled<kSpread, kWidth, kResult, kRows>(source, plan, rows, scratch, aside);
  else
    blend_spread<kSpread, kWidth, kResult, kRows>(source, plan, 0, plan.columns, rows, scratch, aside);
}

template <bool kDoubled, Spread kSpread, std::size_t kWidth, RowResult kResult>
SEGFLEET_INLINE void blend_any(const SourcePair& source, const ColumnPlan& plan,
                               std::span<const TargetRow> rows, float* scratch, Aside& aside) {
  if constexpr (kResult == RowResult::argmax) {
    if (rows.size() == 2)
      return blend_rows<kDoubled, kSpread, kWidth, kResult, 2>(source, plan, rows.data(), scratch, aside);
  }
  blend_rows<kDoubled, kSpread, kWidth, kResult, 1>(source, plan, rows.data(), scratch, aside);
}

using Blend = void (*)(const SourcePair&, const ColumnPlan&, std::span<const TargetRow>, float*, Aside&);

#define SEGFLEET_TARGET(name) __attribute__((target(name)))
// NOLINTBEGIN(bugprone-macro-parentheses): an attribute takes none
#define SEGFLEET_BLEND(name, attributes, kDoubled, kSpread, kWidth)                                       \
  template <RowResult kResult>                                                                            \
  attributes void name(const SourcePair& source, const ColumnPlan& plan, std::span<const TargetRow> rows, \
                       float* scratch, Aside& aside) {                                                    \
    blend_any<kDoubled, kSpread, kWidth, kResult>(source, plan, rows, scratch, aside);                    \
  }
// NOLINTEND(bugprone-macro-parentheses)
SEGFLEET_BLEND(same_4, , false, Spread::same, 4)
SEGFLEET_BLEND(gather_4, , false, Spread::gather, 4)
SEGFLEET_BLEND(doubled_4, , true, Spread::gather, 4)
#ifdef SEGFLEET_HAS_COPIES
SEGFLEET_BLEND(same_8, SEGFLEET_TARGET("avx2"), false, Spread::same, 8)
SEGFLEET_BLEND(one_8, SEGFLEET_TARGET("avx2"), false, Spread::one_register, 8)
SEGFLEET_BLEND(doubled_8, SEGFLEET_TARGET("avx2"), true, Spread::one_register, 8)
SEGFLEET_BLEND(two_8, SEGFLEET_TARGET("avx2"), false, Spread::two_registers, 8)
SEGFLEET_BLEND(gather_8, SEGFLEET_TARGET("avx2"), false, Spread::gather, 8)
SEGFLEET_BLEND(same_16, SEGFLEET_TARGET("avx512f"), false, Spread::same, 16)
SEGFLEET_BLEND(two_16, SEGFLEET_TARGET("avx512f"), false, Spread::two_registers, 16)
SEGFLEET_BLEND(gather_16, SEGFLEET_TARGET("avx512f"), false, Spread::gather, 16)

template <RowResult kResult>
Blend blend_of_16(const ColumnPlan& plan) {
  switch (plan.spread_16) {
    case Spread::same:
      return same_16<kResult>;
    case Spread::one_register:  // two cost no more
    case Spread::two_registers:
      return two_16<kResult>;
    case Spread::gather:
      break;
  }
  return gather_16<kResult>;
}

template <RowResult kResult>
Blend blend_of_8(const ColumnPlan& plan) {
  switch (plan.spread_8) {
    case Spread::same:
      return same_8<kResult>;
    case Spread::one_register:
      return plan.doubled_end > 0 ? doubled_8<kResult> : one_8<kResult>;
    case Spread::two_registers:
      return two_8<kResult>;
    case Spread::gather:
      break;
  }
  return gather_8<kResult>;
}
#endif

template <RowResult kResult>
Blend blend_for(const ColumnPlan& plan) {
#ifdef SEGFLEET_HAS_COPIES
  static const bool has_16 = __builtin_cpu_supports("avx512f") != 0;
  static const bool has_8 = __builtin_cpu_supports("avx2") != 0;
  if (has_16) return blend_of_16<kResult>(plan);
  if (has_8) return blend_of_8<kResult>(plan);
#endif
  if (plan.spread_8 == Spread::same) return same_4<kResult>;
  return plan.doubled_end > 0 ? doubled_4<kResult> : gather_4<kResult>;
}

}  // namespace

void argmax_of_blend(const SourcePair& source, const ColumnPlan& plan, std::span<const TargetRow> rows,
                     Aside& aside) {
  blend_for<RowResult::argmax>(plan)(source, plan, rows, nullptr, aside);
}

void sums_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, float* scratch,
                   Aside& aside) {
  blend_for<RowResult::sums>(plan)(source, plan, {&row, 1}, scratch, aside);
}

void values_of_blend(const SourcePair& source, const ColumnPlan& plan, const TargetRow& row, Aside& aside) {
  blend_for<RowResult::values>(plan)(source, plan, {&row, 1}, nullptr, aside);
}

}  // namespace segfleet
