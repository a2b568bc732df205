// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/row_steps.h"

#include <algorithm>

namespace segfleet {

NormalizePattern pattern_of(const Normalize& normalize) {
  NormalizePattern pattern{};
  for (std::size_t i = 0; i < pattern.mean.size(); ++i) {
    pattern.mean[i] = normalize.mean[i % 3];
    pattern.std[i] = normalize.std[i % 3];
  }
  return pattern;
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
