// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/weighted_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

namespace segfleet {
namespace {

// Shares of a source pixel up to this are dropped.
constexpr double kSmallestShare = 1e-3;

int whole_below(double x) {
  return static_cast<int>(std::floor(x));
}

// Keys' cubic with a = -0.75; the last weight is what the others leave of 1.
std::array<float, 4> cubic_weights(float t) {
  constexpr float kA = -0.75F;
  const float before = t + 1;
  const float after = 1 - t;
  const float w0 = ((kA * before - 5 * kA) * before + 8 * kA) * before - 4 * kA;
  const float w1 = ((kA + 2) * t - (kA + 3)) * t * t + 1;
  const float w2 = ((kA + 2) * after - (kA + 3)) * after * after + 1;
  return {w0, w1, w2, 1.0F - w0 - w1 - w2};
}

// sinc(d) * sinc(d / 4) at the eight distances d, divided by their sum. The sine of each distance follows
// from that of the first by the sum of angles: a quarter of a half turn a tap.
std::array<float, 8> lanczos_weights(float t) {
  constexpr double kEighth = std::numbers::sqrt2 / 2;
  constexpr std::array<double, 8> kSine{1, -kEighth, 0, kEighth, -1, kEighth, 0, -kEighth};
  constexpr std::array<double, 8> kCosine{0, -kEighth, 1, -kEighth, 0, kEighth, -1, kEighth};
  const double angle = -(t + 3) * std::numbers::pi * 0.25;
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  std::array<float, 8> weights{};
  float sum = 0;
  for (std::size_t tap = 0; tap < weights.size(); ++tap) {
    const float distance = t + 3 - static_cast<float>(tap);
    const double y = -distance * std::numbers::pi * 0.25;
    // On a pixel its weight drowns all others.
    weights[tap] = std::abs(distance) >= 1e-6F
                       ? static_cast<float>((kSine[tap] * sine + kCosine[tap] * cosine) / (y * y))
                       : 1e30F;
    sum += weights[tap];
  }
  const float to_one = 1.0F / sum;
  for (float& weight : weights) weight *= to_one;
  return weights;
}

}  // namespace

void WeightedAxis::prepare(WeightRule rule, Direction direction, int source_pixels, int target_pixels) {
  if (whole_ && rule == rule_ && direction == direction_ && source_pixels == source_ &&
      target_pixels == target_)
    return;
  whole_ = false;
  rule_ = rule;
  direction_ = direction;
  source_ = source_pixels;
  target_ = target_pixels;
  begin.assign(1, 0);
  index.clear();
  weight.clear();
  const double scale = 1.0 / (static_cast<double>(target_) / source_);
  for (int i = 0; i < target_; ++i) {
    add_output(i, scale);
    begin.push_back(static_cast<int>(index.size()));
  }
  whole_ = true;
}

void WeightedAxis::add_output(int i, double scale) {
  switch (rule_) {
    case WeightRule::nearest:
      add_tap(whole_below(i * scale), 1.0F);
      return;
    case WeightRule::area:
      add_area(i, scale);
      return;
    case WeightRule::area_linear: {
      const int first = whole_below(i * scale);
      const auto second =
          static_cast<float>((i + 1) - (first + 1) * (static_cast<double>(target_) / source_));
      add_linear(first, second <= 0 ? 0.0F : second - std::floor(second));
      return;
    }
    case WeightRule::linear:
    case WeightRule::cubic:
    case WeightRule::lanczos4:
      add_kernel((i + 0.5) * scale - 0.5);
      return;
  }
}

void WeightedAxis::add_linear(int first, float second_weight) {
  const bool outside = first < 0 || first >= source_ - 1;
  if (outside && direction_ == Direction::across) {
    add_tap(first, 1.0F);
    return;
  }
  add_tap(first, 1.0F - second_weight);
  add_tap(first + 1, second_weight);
}

void WeightedAxis::add_kernel(double position) {
  const auto rounded = static_cast<float>(position);
  const int whole = whole_below(rounded);
  const float t = rounded - static_cast<float>(whole);
  const auto add_all = [&](std::span<const float> weights) {
    int pixel = whole + 1 - static_cast<int>(weights.size()) / 2;
    for (const float tap_weight : weights) add_tap(pixel++, tap_weight);
  };
  if (rule_ == WeightRule::linear)
    add_linear(whole, t);
  else if (rule_ == WeightRule::cubic)
    add_all(cubic_weights(t));
  else
    add_all(lanczos_weights(t));
}

void WeightedAxis::add_area(int i, double scale) {
  const double from = i * scale;
  const double to = from + scale;
  const double length = std::min(scale, source_ - from);
  const int last = std::min(whole_below(to), source_ - 1);
  const int first = std::min(static_cast<int>(std::ceil(from)), last);
  if (first - from > kSmallestShare) add_tap(first - 1, static_cast<float>((first - from) / length));
  for (int pixel = first; pixel < last; ++pixel) add_tap(pixel, static_cast<float>(1.0 / length));
  if (to - last > kSmallestShare)
    add_tap(last, static_cast<float>(std::min({to - last, 1.0, length}) / length));
}

void WeightedAxis::add_tap(int pixel, float tap_weight) {
  index.push_back(std::clamp(pixel, 0, source_ - 1));
  weight.push_back(tap_weight);
}

}  // namespace segfleet
