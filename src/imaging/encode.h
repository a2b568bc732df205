// SPDX-License-Identifier: Apache-2.0
// Label maps and pictures to files' bytes. Buffers are reused. Thread-safety: one object per thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

// 256 RGB triples: paddleseg/utils/visualize.py get_color_map_list(256), where class 0 is (128, 0, 0).
using Palette = std::array<std::uint8_t, 768>;
const Palette& paddleseg_palette();

class PngEncoder {
 public:
  PngEncoder();
  ~PngEncoder();
  // Palette PNG, 8 bits, pixel = class index.
  Status encode(const LabelMap& labels, const Palette& palette, std::vector<std::byte>& png);

 private:
  struct Compressor;
  std::unique_ptr<Compressor> compressor_;
  std::vector<std::byte> rows_;
};

// Blend as cv2.addWeighted(picture, 0.6, colours, 0.4, 0): both of the same size.
void blend_overlay(const Image& picture, const LabelMap& labels, const Palette& palette, Image& overlay);

Status encode_jpeg(const Image& image, int quality, std::vector<std::byte>& jpeg);

// Picture enlarged or reduced with bilinear interpolation, for overlays at network size.
void resize_picture(const Image& image, Size size, Image& resized);

}  // namespace segfleet
