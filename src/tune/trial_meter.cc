// SPDX-License-Identifier: Apache-2.0
#include "tune/trial_meter.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr double kLeastPictures = 6;
constexpr double kLongestFactor = 4;  // of the window
constexpr double kLongestBeyond_s = 3;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) * 1e-9;
}

}  // namespace

TrialMeter::TrialMeter(std::size_t devices, std::size_t wave, double window_s)
    : devices_left_(devices), wave_(std::max<std::size_t>(1, wave)), window_s_(window_s) {}

void TrialMeter::picture_done(std::int64_t now_ns, bool first_of_its_device) {
  ++done_;
  if (first_ns_ < 0) first_ns_ = now_ns;
  if (first_of_its_device && devices_left_ > 0) --devices_left_;
  if (warm_ns_ < 0) {
    if (devices_left_ > 0 || done_ < wave_) return;
    warm_ns_ = now_ns;
  }
  const double t = seconds(now_ns - warm_ns_);
  sum_t_ += t;
  sum_tt_ += t * t;
  sum_tn_ += t * count_;
  count_ += 1;
}

bool TrialMeter::enough(std::int64_t now_ns) const {
  if (first_ns_ < 0) return false;
  if (seconds(now_ns - first_ns_) > kLongestFactor * window_s_ + kLongestBeyond_s) return true;
  const double least = std::max(kLeastPictures, 2 * static_cast<double>(wave_));
  return warm_ns_ >= 0 && seconds(now_ns - warm_ns_) >= window_s_ && count_ >= least;
}

double TrialMeter::images_per_s() const {
  if (count_ < 3) return 0;
  const double sum_n = count_ * (count_ - 1) / 2;
  const double spread = count_ * sum_tt_ - sum_t_ * sum_t_;
  return spread > 0 ? (count_ * sum_tn_ - sum_t_ * sum_n) / spread : 0;
}

}  // namespace segfleet
