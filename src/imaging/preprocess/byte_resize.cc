// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/byte_resize.h"

#include <algorithm>
#include <cmath>

namespace segfleet {

const Image& ByteResizer::resize(const ImageView& image, Size target, Interpolation interpolation) {
  if (interpolation == Interpolation::linear) {
    linear_.resize(image, target, result_);
    return result_;
  }
  result_.size = target;
  result_.pixels.resize(3 * static_cast<std::size_t>(target.width) * static_cast<std::size_t>(target.height));
  by_floats(image, interpolation);
  return result_;
}

void ByteResizer::by_floats(const ImageView& image, Interpolation interpolation) {
  source_.open_resized({image.pixels, nullptr, image.size}, result_.size, interpolation);
  const std::size_t count = 3 * static_cast<std::size_t>(result_.size.width);
  float* row = row_.reserve(count + kRowSlackFloats);
  std::uint8_t* out = result_.pixels.data();
  for (int y = 0; y < result_.size.height; ++y, out += count) {
    source_.row(y, row);
    for (std::size_t i = 0; i < count; i += 3)
      for (std::size_t c = 0; c < 3; ++c)
        out[i + c] = static_cast<std::uint8_t>(std::clamp(std::lrint(row[i + 2 - c]), 0L, 255L));
  }
}

}  // namespace segfleet
