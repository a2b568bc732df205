// SPDX-License-Identifier: Apache-2.0
#include "worker/batch_chooser.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr std::size_t kSamples = 5;
constexpr double kWorthwhile = 1.05;
constexpr int kLargestPatience = 1 << 16;
constexpr int kLargestRest = 1 << 14;
constexpr int kStep = 4;  // a quarter more

}  // namespace

BatchChooser::BatchChooser(const BatchBounds& bounds)
    : largest_(std::max(1, bounds.largest)),
      grow_(bounds.grow),
      fitting_(largest_),
      safe_(bounds.first > 0 ? std::min(bounds.first, largest_) : largest_),
      size_(bounds.first > 0 ? safe_ : 1) {}

int BatchChooser::ceiling() const {
  return std::max(1, std::min(fitting_, safe_));
}

int BatchChooser::limit() const {
  return grow_ ? std::min(size_, ceiling()) : ceiling();
}

void BatchChooser::set_fitting(int items) {
  fitting_ = std::clamp(items, 1, largest_);
  choose();
}

void BatchChooser::ran(int items, double work, double seconds) {
  if (items < limit()) return;
  grow_after_trouble();
  if (!grow_ || items != limit()) return;
  if (size_ == best_) rest();
  if (settled_ || items != limit()) return;
  if (!warm_) {
    warm_ = true;
    return;
  }
  rates_.push_back(work / std::max(seconds, 1e-9));
  if (rates_.size() >= kSamples) judge();
}

void BatchChooser::judge() {
  const auto middle = rates_.begin() + static_cast<std::ptrdiff_t>(rates_.size() / 2);
  std::nth_element(rates_.begin(), middle, rates_.end());
  const double rate = *middle;
  rates_.clear();
  if (best_ == 0 || rate > best_rate_ * kWorthwhile) {
    best_ = limit();
    best_rate_ = rate;
  } else if (limit() != best_) {
    settled_ = true;
  }
  choose();
}

// A call of the best size.
void BatchChooser::rest() {
  if (++rested_ < rest_) return;
  rested_ = 0;
  rest_ = best_ == found_before_ ? std::min(2 * rest_, kLargestRest) : kFirstRest;
  found_before_ = best_;
  size_ = std::max(1, best_ / 2);
  best_ = 0;
  best_rate_ = 0;
  settled_ = false;
  warm_ = false;
  rates_.clear();
}

void BatchChooser::choose() {
  if (!grow_ || best_ == 0) return;
  const int next = settled_ ? best_ : std::min(2 * best_, ceiling());
  if (next == size_) return;
  size_ = next;
  warm_ = false;
  rates_.clear();
}

void BatchChooser::ran_out_of_memory(int items) {
  if (items / 2 >= safe_) return;  // a call that began before the last trouble
  if (grown_) patience_ = std::min(2 * patience_, kLargestPatience);
  safe_ = std::max(1, items / 2);
  grown_ = false;
  calm_ = 0;
  if (best_ > safe_) best_ = safe_;
  choose();
}

void BatchChooser::grow_after_trouble() {
  if (safe_ >= largest_ || ++calm_ < patience_) return;
  grown_ = true;
  calm_ = 0;
  safe_ = std::min(largest_, safe_ + std::max(1, safe_ / kStep));
  choose();
}

}  // namespace segfleet
