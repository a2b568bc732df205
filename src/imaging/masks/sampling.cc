// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/sampling.h"

#include <algorithm>

namespace segfleet {
namespace {

float ratio_of(int from, int to) {
  return to > 1 ? static_cast<float>(from) / static_cast<float>(to) : 0.0F;
}

}  // namespace

void nearest_indices(int from, int to, std::vector<std::int32_t>& indices) {
  const float ratio = ratio_of(from, to);
  indices.resize(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    // The product can round up to `from` on axes of millions of pixels, where Paddle would read past the end.
    indices[i] = std::min(static_cast<std::int32_t>(ratio * static_cast<float>(i)), from - 1);
  }
}

void linear_taps(int from, int to, LinearTaps& taps) {
  const float ratio = ratio_of(from, to);
  const auto count = static_cast<std::size_t>(to);
  taps.first.resize(count);
  taps.second.resize(count);
  taps.first_weight.resize(count);
  taps.second_weight.resize(count);
  for (int i = 0; i < to; ++i) {
    const float position = std::max(ratio * (static_cast<float>(i) + 0.5F) - 0.5F, 0.0F);
    const int first = std::min(static_cast<int>(position), from - 1);
    taps.first[i] = first;
    taps.second[i] = std::min(first + 1, from - 1);
    taps.second_weight[i] = position - static_cast<float>(first);
    taps.first_weight[i] = 1.0F - taps.second_weight[i];
  }
}

}  // namespace segfleet
