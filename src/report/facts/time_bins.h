// SPDX-License-Identifier: Apache-2.0
// A run's time cut into equal bins. Thread-safety: a value.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace segfleet {

struct TimeBins {
  std::int64_t end_us = 1;  // of the last one; the first begins at 0
  std::size_t count = 1;

  double width_us() const { return static_cast<double>(end_us) / static_cast<double>(count); }
  std::size_t of(std::int64_t us) const {
    const double place = static_cast<double>(us) / width_us();
    return place <= 0 ? 0 : std::min(count - 1, static_cast<std::size_t>(place));
  }
  // visit(bin, share of the bin that lies in [from_us, to_us)), for each bin that has some.
  template <typename Visit>
  void cover(std::int64_t from_us, std::int64_t to_us, Visit visit) const {
    const double from = std::clamp(static_cast<double>(from_us), 0.0, static_cast<double>(end_us));
    const double to = std::clamp(static_cast<double>(to_us), 0.0, static_cast<double>(end_us));
    if (from >= to) return;
    const std::size_t last = of(static_cast<std::int64_t>(to));
    for (std::size_t bin = of(static_cast<std::int64_t>(from)); bin <= last; ++bin) {
      const double begin = std::max(from, static_cast<double>(bin) * width_us());
      const double end = std::min(to, static_cast<double>(bin + 1) * width_us());
      if (end > begin) visit(bin, (end - begin) / width_us());
    }
  }
};

}  // namespace segfleet
