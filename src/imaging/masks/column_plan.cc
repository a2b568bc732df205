// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/column_plan.h"

namespace segfleet {
namespace {

std::size_t filled_up(int visible) {
  return (static_cast<std::size_t>(visible) + kLanes - 1) / kLanes * kLanes;
}

// The best way for all vectors of `lanes` columns.
Spread spread_of(const ColumnPlan& plan, std::size_t lanes) {
  const auto reach = static_cast<std::int32_t>(lanes);
  Spread spread = Spread::one_register;
  for (std::size_t x = 0; x < plan.columns; x += lanes) {
    const std::size_t last = x + lanes - 1;
    if (plan.second[last] - plan.first[x] >= 2 * reach) return Spread::gather;
    if (plan.first[last] - plan.first[x] >= reach || plan.second[last] - plan.second[x] >= reach)
      spread = Spread::two_registers;
  }
  return spread;
}

// Behind the last column from 1 on for which what ColumnPlan says of doubled ones holds.
std::size_t end_of_doubled(const ColumnPlan& plan) {
  std::size_t x = 1;
  for (; x < plan.columns; ++x) {
    const auto left = static_cast<std::int32_t>((x - 1) / 2);
    const std::size_t like = 2 - x % 2;
    if (plan.first[x] != left || plan.second[x] != left + 1 ||
        plan.first_weight[x] != plan.first_weight[like] || plan.second_weight[x] != plan.second_weight[like])
      break;
  }
  return x < 4 * kLanes ? 0 : x;
}

}  // namespace

void ColumnPlan::start_same(int visible) {
  columns = filled_up(visible);
  spread_8 = spread_16 = Spread::same;
  doubled_end = 0;
}

void ColumnPlan::start(int from, int to, int visible) {
  LinearTaps taps;
  linear_taps(from, to, taps);
  columns = filled_up(visible);
  const auto take = [&](const auto& all, auto& some) {
    some.assign(all.begin(), all.begin() + visible);
    some.resize(columns, some.back());
  };
  take(taps.first, first);
  take(taps.second, second);
  take(taps.first_weight, first_weight);
  take(taps.second_weight, second_weight);
  spread_8 = spread_of(*this, 8);
  spread_16 = spread_of(*this, 16);
  doubled_end = end_of_doubled(*this);
}

}  // namespace segfleet
