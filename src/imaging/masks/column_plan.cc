// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/column_plan.h"

namespace segfleet {
namespace {

std::size_t filled_up(int visible) {
  return (static_cast<std::size_t>(visible) + kLanes - 1) / kLanes * kLanes;
}

}  // namespace

void ColumnPlan::start_same(int visible) {
  columns = filled_up(visible);
  is_same = true;
  has_windows = false;
}

void ColumnPlan::start(int from, int to, int visible) {
  LinearTaps taps;
  linear_taps(from, to, taps);
  columns = filled_up(visible);
  is_same = false;
  const auto take = [&](const auto& all, auto& some) {
    some.assign(all.begin(), all.begin() + visible);
    some.resize(columns, some.back());
  };
  take(taps.first, first);
  take(taps.second, second);
  take(taps.first_weight, first_weight);
  take(taps.second_weight, second_weight);

  window.resize(columns / kLanes);
  first_in_window.resize(columns);
  second_in_window.resize(columns);
  has_windows = true;
  for (std::size_t i = 0; i < columns; ++i) {
    const std::int32_t start = window[i / kLanes] = first[i / kLanes * kLanes];
    first_in_window[i] = first[i] - start;
    second_in_window[i] = second[i] - start;
    has_windows = has_windows && second_in_window[i] < static_cast<std::int32_t>(kWindow);
  }
}

}  // namespace segfleet
