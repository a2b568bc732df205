// SPDX-License-Identifier: Apache-2.0
// The "network" of the simulated engine, so that tests can compute what it must give. Pure.
#pragma once
#include <cmath>

namespace segfleet {

// Class of a pixel from its three values in the input tensor:
// each in steps of 1/64, weighted 1, 3, 5, modulo.
inline int simulated_label(float red, float green, float blue, int classes) {
  const auto steps = [](float value) { return std::lround(value * 64.0f); };
  const long sum = steps(red) + 3 * steps(green) + 5 * steps(blue);
  return static_cast<int>(((sum % classes) + classes) % classes);
}

}  // namespace segfleet
