// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/byte_levels.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "imaging/preprocess/row_steps.h"

namespace segfleet {
namespace {

LevelFormula formula(double factor, double mean, double scale) {
  const auto factor_high = static_cast<float>(factor);
  const auto scale_high = static_cast<float>(scale);
  return {factor_high, static_cast<float>(factor - factor_high), static_cast<float>(mean), scale_high,
          static_cast<float>(scale - scale_high)};
}

float compute(const LevelFormula& f, float level) {
  const float product = std::fma(level, f.factor_high, level * f.factor_low);
  const float centred = product - f.mean;
  return std::fma(centred, f.scale_high, centred * f.scale_low);
}

bool gives(const LevelFormula& formula, const std::array<float, 256>& table) {
  for (std::size_t level = 0; level < table.size(); ++level) {
    const float computed = compute(formula, static_cast<float>(level));
    if (std::bit_cast<std::uint32_t>(computed) != std::bit_cast<std::uint32_t>(table[level])) return false;
  }
  return true;
}

ByteLevels with_formulas(const ByteTables& tables, const std::array<LevelFormula, 3>& formulas) {
  for (std::size_t c = 0; c < tables.size(); ++c)
    if (!gives(formulas[c], tables[c])) return {tables, std::nullopt};
  return {tables, formulas};
}

// One multiplication and one addition in float32, as PaddleX does it.
ByteLevels folded_levels(const Normalize& normalize) {
  ByteTables tables;
  std::array<LevelFormula, 3> formulas{};
  for (std::size_t c = 0; c < tables.size(); ++c) {
    const auto factor = static_cast<float>(1.0 / 255 / normalize.std[c]);
    const auto offset = static_cast<float>(-normalize.mean[c] / normalize.std[c]);
    for (std::size_t level = 0; level < tables[c].size(); ++level) {
      const float product = static_cast<float>(level) * factor;
      tables[c][level] = product + offset;
    }
    formulas[c] = formula(factor, -offset, 1);
  }
  return with_formulas(tables, formulas);
}

}  // namespace

const ByteLevels& identity_levels() {
  static const ByteLevels levels = [] {
    ByteTables tables;
    for (auto& table : tables)
      for (std::size_t level = 0; level < table.size(); ++level) table[level] = static_cast<float>(level);
    const LevelFormula identity = formula(1, 0, 1);
    return with_formulas(tables, {identity, identity, identity});
  }();
  return levels;
}

ByteLevels levels_of(const Normalize& normalize) {
  if (normalize.folded) return folded_levels(normalize);
  ByteTables tables;
  const NormalizePattern pattern = pattern_of(normalize);
  for (std::size_t level = 0; level < 256; ++level) {
    const auto grey = static_cast<float>(level);
    std::array<float, 3> pixel{grey, grey, grey};
    portable_row_kernels().normalize(pixel.data(), 1, pattern);
    for (std::size_t c = 0; c < 3; ++c) tables[c][level] = pixel[c];
  }
  std::array<LevelFormula, 3> formulas{};
  for (std::size_t c = 0; c < 3; ++c)
    formulas[c] = formula(1.0 / 255, normalize.mean[c], 1.0 / normalize.std[c]);
  return with_formulas(tables, formulas);
}

}  // namespace segfleet
