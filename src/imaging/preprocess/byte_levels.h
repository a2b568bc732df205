// SPDX-License-Identifier: Apache-2.0
// What each grey level of a picture becomes in the network's input. Thread-safety: plain data, free
// functions.
#pragma once
#include <array>
#include <optional>

#include "segfleet/model.h"

namespace segfleet {

using ByteTables = std::array<std::array<float, 256>, 3>;  // red, green, blue

// (level * factor - mean) * scale in float32. Factor and scale are sums of two parts, so that each product is
// rounded once, as if they were exact.
struct LevelFormula {
  float factor_high;
  float factor_low;
  float mean;
  float scale_high;
  float scale_low;
};

struct ByteLevels {
  ByteTables tables;
  // Only where they give the tables' bits for every level. Looking up cannot be vectorised, computing can.
  std::optional<std::array<LevelFormula, 3>> formulas;
};

const ByteLevels& identity_levels();  // every grey level becomes itself
ByteLevels levels_of(const Normalize& normalize);

}  // namespace segfleet
