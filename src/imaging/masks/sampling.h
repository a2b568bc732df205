// SPDX-License-Identifier: Apache-2.0
// Which source pixels one axis of a resized picture reads, as Paddle 3.2's CPU kernel of F.interpolate
// computes it with align_corners False: everything in float32 (checked against paddlepaddle 3.2.2,
// bit-equal). An axis of extent 1 reads pixel 0. Thread-safety: plain data.
#pragma once
#include <cstdint>
#include <vector>

namespace segfleet {

// indices[i] = trunc(i * (from / to)), for i in [0, to).
void nearest_indices(int from, int to, std::vector<std::int32_t>& indices);

// Pixel i is first_weight[i] * source[first[i]] + second_weight[i] * source[second[i]].
struct LinearTaps {
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> second;  // the next pixel, or the last one again
  std::vector<float> first_weight;
  std::vector<float> second_weight;
};
void linear_taps(int from, int to, LinearTaps& taps);

}  // namespace segfleet
