// SPDX-License-Identifier: Apache-2.0
// exp() as a handful of float operations, of one float or of a vector of them, with the same bits everywhere
// where contraction is off. Relative error below 2e-7 (Cephes' expf: range reduction by ln 2 in two parts,
// polynomial of degree 5). Thread-safety: free functions without shared state.
#pragma once
#include <cstdint>

namespace segfleet {

// x = exp(x) for x <= 0; 0 below -87, where the result would be no normal float, and for NaN. Floats and
// Ints: float and int32, or vectors of as many of each.
template <typename Floats, typename Ints>
__attribute__((always_inline)) inline void become_exp_of_negative(Floats& x) {
  const Floats lowest = Floats{} - 87.0F;
  const Floats in = x > lowest ? x : lowest;              // also NaN
  const Floats shifted = in * 1.44269504F + 12582912.0F;  // 1.5 * 2^23: rounds to an integer in the low bits
  const auto power = __builtin_bit_cast(Ints, shifted);
  const Floats n = shifted - 12582912.0F;
  const Floats r = in - n * 0.693359375F - n * -2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const auto scale = __builtin_bit_cast(Floats, (power << 23) + (127 << 23));
  x = x > lowest ? p * scale : Floats{};
}

// score = exp(score - best) for score <= best. Equal ones give 1, also where both are infinite.
template <typename Floats, typename Ints>
__attribute__((always_inline)) inline void become_exp_of_difference(Floats& score, const Floats& best) {
  score = score == best ? Floats{} : score - best;
  become_exp_of_negative<Floats, Ints>(score);
}

}  // namespace segfleet
