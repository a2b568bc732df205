// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "imaging/encode/encode.h"

namespace segfleet {
namespace {

// Blue-green-red, with a fourth byte so that one copy of four bytes writes a pixel.
using Colours = std::array<std::array<std::uint8_t, 4>, 256>;

Colours colours_of(const Palette& palette) {
  Colours colours{};
  for (std::size_t c = 0; c < 256; ++c) {
    for (std::size_t channel = 0; channel < 3; ++channel) colours[c][channel] = palette[3 * c + 2 - channel];
  }
  return colours;
}

void colour_row(const std::uint8_t* labels, const Colours& colours, std::size_t width, std::uint8_t* to) {
  for (std::size_t x = 0; x + 1 < width; ++x) std::memcpy(to + 3 * x, colours[labels[x]].data(), 4);
  std::memcpy(to + 3 * (width - 1), colours[labels[width - 1]].data(), 3);
}

// 0.6 a + 0.4 b is (3a + 2b) / 5, whose fraction is never one half: rounded to nearest it is (3a + 2b + 2) /
// 5 in whole numbers, equal to cv2's float arithmetic for all 65,536 pairs.
void blend_row(const std::uint8_t* picture, std::size_t count, std::uint8_t* colours_in_blend_out) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto sum = static_cast<std::uint16_t>(3 * picture[i] + 2 * colours_in_blend_out[i] + 2);
    colours_in_blend_out[i] = static_cast<std::uint8_t>(sum / 5);
  }
}

}  // namespace

void blend_overlay(const Image& picture, const LabelMap& labels, const Palette& palette, Image& overlay) {
  const Colours colours = colours_of(palette);
  const auto width = static_cast<std::size_t>(picture.size.width);
  const auto height = static_cast<std::size_t>(picture.size.height);
  overlay.size = picture.size;
  overlay.pixels.resize(picture.pixels.size());
  for (std::size_t y = 0; y < height; ++y) {
    std::uint8_t* row = overlay.pixels.data() + y * width * 3;
    colour_row(labels.labels.data() + y * width, colours, width, row);
    blend_row(picture.pixels.data() + y * width * 3, width * 3, row);
  }
}

}  // namespace segfleet
