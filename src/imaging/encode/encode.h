// SPDX-License-Identifier: Apache-2.0
// Label maps and pictures to files' bytes. Buffers are reused; equal input gives equal bytes.
// Thread-safety: one object per thread; the free functions share nothing.
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
  PngEncoder();  // throws std::bad_alloc
  ~PngEncoder();
  PngEncoder(PngEncoder&&) noexcept;
  PngEncoder& operator=(PngEncoder&&) noexcept;
  // Palette PNG, 8 bits, pixel = class index. Errors: invalid_argument where a side is 0 or the map has more
  // bytes than a PNG chunk can hold (2 GiB).
  Status encode(const LabelMap& labels, const Palette& palette, std::vector<std::byte>& png);
  // Colour PNG, 8 bits a channel. Errors: likewise.
  Status encode(const Image& image, std::vector<std::byte>& png);
  // Grey PNG, 8 bits. Errors: likewise.
  Status encode(const ConfidenceMap& confidence, std::vector<std::byte>& png);

 private:
  struct Compressor;
  Status encode(Size size, int channels, const std::uint8_t* pixels, const Palette* palette,
                std::vector<std::byte>& png);
  std::unique_ptr<Compressor> compressor_;
  std::vector<std::uint8_t> rgb_;      // of a colour picture
  std::vector<std::byte> rows_;        // of each row: the filter's number and the filtered labels
  std::vector<std::byte> compressed_;  // never shrunk: no page is cleared again for the next picture
};

// Blend as cv2.addWeighted(picture, 0.6, colours, 0.4, 0), byte for byte. Requires: both have the same size,
// at least one pixel wide.
void blend_overlay(const Image& picture, const LabelMap& labels, const Palette& palette, Image& overlay);

// Bottom-up 24-bit BMP. Errors: invalid_argument (a side of 0, or more than 4 GiB).
Status encode_bmp(const Image& image, std::vector<std::byte>& bmp);

// What a JPEG keeps of the colours: nothing, or a value for every pixel, every two, every square of four.
enum class Chroma { none, yuv444, yuv422, yuv420 };

// Baseline JPEG with `quality` from 1 to 100. Errors: invalid_argument (a side of 0 or above 65500, quality
// out of range), out_of_memory.
Status encode_jpeg(const Image& image, int quality, std::vector<std::byte>& jpeg,
                   Chroma chroma = Chroma::yuv420);

}  // namespace segfleet
