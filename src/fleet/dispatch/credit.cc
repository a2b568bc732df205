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

Credit::Credit(int in_engine, bool fixed_at_one) : fixed_at_one_(fixed_at_one) {
  set_in_engine(in_engine);
}

void Credit::set_in_engine(int in_engine) {
  if (fixed_at_one_) return;
  const int items = std::clamp(in_engine, 1, kMostInEngine);
  const double grown = static_cast<double>(limit_) / floor_;  // beyond the floor, by what was measured
  floor_ = 2 * items + 4;
  ceiling_ = std::max(floor_, 64 * items);
  least_useful_ = 2 * items;
  limit_ = std::clamp(static_cast<int>(grown * floor_), floor_, ceiling_);
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
