// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/row_steps.h"

#include <algorithm>

namespace segfleet {
namespace {

ByteTables make_identity_tables() {
  ByteTables tables;
  for (auto& table : tables)
    for (std::size_t level = 0; level < table.size(); ++level) table[level] = static_cast<float>(level);
  return tables;
}

// One multiplication and one addition in float32, as PaddleX does it.
ByteTables folded_tables(const Normalize& normalize) {
  ByteTables tables;
  for (std::size_t c = 0; c < tables.size(); ++c) {
    const auto factor = static_cast<float>(1.0 / 255 / normalize.std[c]);
    const auto offset = static_cast<float>(-normalize.mean[c] / normalize.std[c]);
    for (std::size_t level = 0; level < tables[c].size(); ++level) {
      const float product = static_cast<float>(level) * factor;
      tables[c][level] = product + offset;
    }
  }
  return tables;
}

}  // namespace

const ByteTables& identity_tables() {
  static const ByteTables tables = make_identity_tables();
  return tables;
}

PreparedNormalize::PreparedNormalize(const Normalize& normalize) : tables() {
  for (std::size_t i = 0; i < pattern.mean.size(); ++i) {
    pattern.mean[i] = normalize.mean[i % 3];
    pattern.std[i] = normalize.std[i % 3];
  }
  if (normalize.folded) {
    tables = folded_tables(normalize);
    return;
  }
  for (std::size_t level = 0; level < 256; ++level) {
    const auto grey = static_cast<float>(level);
    std::array<float, 3> pixel{grey, grey, grey};
    portable_row_kernels().normalize(pixel.data(), 1, pattern);
    for (std::size_t c = 0; c < 3; ++c) tables[c][level] = pixel[c];
  }
}

void RowSteps::add_padding(Size target, const std::array<double, 3>& value) {
  steps_.push_back(
      {nullptr,
       target,
       {static_cast<float>(value[0]), static_cast<float>(value[1]), static_cast<float>(value[2])}});
}

bool RowSteps::starts_band(int y) const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [y](const Step& step) { return step.normalize == nullptr && step.padded.height == y; });
}

void RowSteps::apply(float* row, int y, int width) const {
  for (const Step& step : steps_) {
    if (step.normalize != nullptr) {
      kernels_.normalize(row, static_cast<std::size_t>(width), step.normalize->pattern);
    } else if (y < step.padded.height) {
      for (float* pixel = row + std::ptrdiff_t{3} * width; width < step.padded.width; ++width, pixel += 3)
        std::copy(step.value.begin(), step.value.end(), pixel);
    }
  }
}

}  // namespace segfleet
