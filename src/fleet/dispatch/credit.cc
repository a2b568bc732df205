// SPDX-License-Identifier: Apache-2.0
#include "fleet/dispatch/credit.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr int kMostInEngine = 1 << 14;     // keeps the products below far from overflow
constexpr double kStarvingShare = 0.05;    // above: raise
constexpr double kNeverIdleShare = 0.005;  // below: lower, slowly
constexpr int kLowerDivisor = 16;
constexpr double kRegainedShare = 0.1;

}  // namespace

Credit::Credit(int in_engine, bool fixed_at_one) {
  const int items = std::clamp(in_engine, 1, kMostInEngine);
  floor_ = fixed_at_one ? 1 : 2 * items + 4;
  ceiling_ = fixed_at_one ? 1 : std::max(floor_, 64 * items);
  least_useful_ = fixed_at_one ? 1 : 2 * items;
  limit_ = floor_;
}

int Credit::limit() const {
  return std::max(least_useful_, static_cast<int>(limit_ * speed_share_));
}

void Credit::observe_speed_share(double share) {
  speed_share_ = std::min(std::clamp(share, 0.0, 1.0), speed_share_ + kRegainedShare);
}

void Credit::observe(double engine_idle_share, bool credit_bound) {
  if (engine_idle_share > kStarvingShare) {
    if (credit_bound) limit_ = std::min(ceiling_, limit_ + std::max(1, limit_ / 2));
  } else if (engine_idle_share < kNeverIdleShare) {
    limit_ = std::max(floor_, limit_ - std::max(1, limit_ / kLowerDivisor));
  }
}

}  // namespace segfleet
