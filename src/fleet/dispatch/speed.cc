// SPDX-License-Identifier: Apache-2.0
#include "fleet/dispatch/speed.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr double kLeastItems = 2;         // fewer outcomes tell nothing yet
constexpr double kOutcomesOfMemory = 12;  // beside four batches
constexpr double kOverrunKeptShare = 1.0 - 1.0 / 1024;
constexpr double kSecondsPerNs = 1e-9;

}  // namespace

Speed::Speed(int in_engine) {
  set_in_engine(in_engine);
}

void Speed::set_in_engine(int in_engine) {
  kept_share_ = 1 - 1 / (4.0 * in_engine + kOutcomesOfMemory);
}

void Speed::outcome(std::int64_t now_ns) {
  items_ = items_ * kept_share_ + 1;
  seconds_ = seconds_ * kept_share_ + static_cast<double>(now_ns - last_ns_) * kSecondsPerNs;
  last_ns_ = now_ns;
}

double Speed::items_per_s() const {
  return items_ < kLeastItems || seconds_ <= 0 ? 0 : items_ / seconds_;
}

void Overrun::observe(std::int64_t actual_ns, std::int64_t expected_ns) {
  actual_s_ = actual_s_ * kOverrunKeptShare + static_cast<double>(actual_ns) * kSecondsPerNs;
  expected_s_ = expected_s_ * kOverrunKeptShare + static_cast<double>(expected_ns) * kSecondsPerNs;
}

double Overrun::ratio() const {
  return expected_s_ > 0 ? std::max(1.0, actual_s_ / expected_s_) : 1;
}

}  // namespace segfleet
