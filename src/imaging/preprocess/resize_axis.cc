// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/resize_axis.h"

#include <algorithm>
#include <cmath>

namespace segfleet {
namespace {

constexpr double kCubicA = -0.75;

double source_coordinate(int i, double ratio) {
  return std::fma(i + 0.5, ratio, -0.5);
}

// Sets an axis's size. False where it is as before, and with it all that follows from it.
template <typename Axis>
bool resized(Axis& axis, int source_pixels, int target_pixels) {
  if (axis.source == source_pixels && axis.target == target_pixels) return false;
  axis.index.resize(static_cast<std::size_t>(target_pixels));
  axis.weight.resize(static_cast<std::size_t>(target_pixels));
  axis.source = source_pixels;  // not sooner: without memory it stays what it was
  axis.target = target_pixels;
  return true;
}

// Keys' cubic, factored so that it loses nothing near whole pixels. `offset` in [0, 1) from the second pixel.
// IPP takes the distance to the first pixel as a float: a multiple of 2^-23.
std::array<float, 4> cubic_weights(double offset) {
  const float from_first = 1.0F + static_cast<float>(offset);
  const double t = static_cast<double>(from_first) - 1;
  const double u = 1 - t;
  return {static_cast<float>(kCubicA * t * u * u),
          static_cast<float>(((kCubicA + 2) * t - (kCubicA + 3)) * t * t + 1),
          static_cast<float>(((kCubicA + 2) * u - (kCubicA + 3)) * u * u + 1),
          static_cast<float>(kCubicA * u * t * t)};
}

}  // namespace

void LinearAxis::prepare(int source_pixels, int target_pixels) {
  if (!resized(*this, source_pixels, target_pixels)) return;
  interior_begin = 0;
  interior_end = 0;
  const double ratio = static_cast<double>(source) / target;
  for (int i = 0; i < target; ++i) {
    const double x = source_coordinate(i, ratio);
    const auto at = static_cast<std::size_t>(i);
    const bool inside = x >= 0 && x < source - 1;
    const int first = std::clamp(static_cast<int>(std::floor(x)), 0, source - 1);
    index[at] = first;
    weight[at] = inside ? static_cast<float>(x - first) : 0.0F;
    if (x < 0) interior_begin = i + 1;
    if (inside) interior_end = i + 1;
  }
  interior_end = std::max(interior_end, interior_begin);
}

void CubicAxis::prepare(int source_pixels, int target_pixels) {
  if (!resized(*this, source_pixels, target_pixels)) return;
  const double ratio = static_cast<double>(source) / target;
  for (int i = 0; i < target; ++i) {
    const double x = source_coordinate(i, ratio);
    const double whole = std::floor(x);
    const auto at = static_cast<std::size_t>(i);
    weight[at] = cubic_weights(x - whole);
    for (int tap = 0; tap < 4; ++tap)
      index[at][static_cast<std::size_t>(tap)] = std::clamp(static_cast<int>(whole) + tap - 1, 0, source - 1);
  }
}

}  // namespace segfleet
