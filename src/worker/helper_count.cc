// SPDX-License-Identifier: Apache-2.0
#include "worker/helper_count.h"

#include <algorithm>

namespace segfleet {
namespace {

// As of the credit (fleet/dispatch/credit.cc), which follows the same idle share.
constexpr double kStarvingShare = 0.05;
constexpr double kNeverIdleShare = 0.005;
constexpr int kLargestPatience = 1 << 12;

}  // namespace

HelperCount::HelperCount(int first, int most)
    : first_(std::max(1, first)), most_(std::max(first_, most)), count_(first_) {}

void HelperCount::observe(double waiting_share, bool backlog) {
  if (waiting_share > kStarvingShare) {
    calm_ = 0;
    if (backlog && count_ < most_) rise();
    return;
  }
  if (waiting_share >= kNeverIdleShare) {
    calm_ = 0;
    return;
  }
  if (count_ == first_ || ++calm_ < patience_) return;
  calm_ = 0;
  --count_;
  fell_ = true;
}

void HelperCount::rise() {
  count_ = std::min(most_, count_ + std::max(1, count_ / 2));
  if (fell_) patience_ = std::min(2 * patience_, kLargestPatience);
  fell_ = false;
}

}  // namespace segfleet
