// SPDX-License-Identifier: Apache-2.0
// exp() as a handful of float operations that compilers turn into vectors, with the same bits everywhere
// where contraction is off. Relative error below 2e-7 (Cephes' expf: range reduction by ln 2 in two parts,
// polynomial of degree 5). Thread-safety: free functions without shared state.
#pragma once
#include <bit>
#include <cstdint>

namespace segfleet {

// exp(x) for x <= 0; 0 below -87, where the result would be no normal float, and for NaN.
__attribute__((always_inline)) inline float exp_of_negative(float x) {
  const float in = x > -87.0F ? x : -87.0F;              // also NaN
  const float shifted = in * 1.44269504F + 12582912.0F;  // 1.5 * 2^23: rounds to an integer in the low bits
  const auto power = std::bit_cast<std::int32_t>(shifted);
  const float n = shifted - 12582912.0F;
  const float r = in - n * 0.693359375F - n * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const float scale = std::bit_cast<float>((power << 23) + (127 << 23));
  return x > -87.0F ? p * scale : 0.0F;
}

// exp(score - best) for score <= best. Equal ones give 1, also where both are infinite.
__attribute__((always_inline)) inline float exp_of_difference(float score, float best) {
  const float difference = score == best ? 0.0F : score - best;
  return exp_of_negative(difference);
}

}  // namespace segfleet
