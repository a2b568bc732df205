// SPDX-License-Identifier: Apache-2.0
// A BMP file's headers, masks and palette. Thread-safety: plain data and a free function.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

using BmpColour = std::array<std::uint8_t, 3>;  // blue, green, red

// The numbers are the file format's biCompression.
enum class BmpCompression { none = 0, rle8 = 1, rle4 = 2, bitfields = 3 };

// One channel of a 32-bit pixel that states its own masks.
struct BmpChannel {
  std::uint32_t mask = 0;
  int shift = 0;
  float scale = 1;  // to 0..255
};

struct BmpHeader {
  Size size;
  bool top_down = false;
  int bits = 0;  // a pixel; 15 for 5-5-5 stored in 16
  BmpCompression compression = BmpCompression::none;
  std::uint64_t pixels_at = 0;
  std::array<BmpColour, 256> palette{};  // black beyond the colours stored
  bool masked = false;                   // 32 bits, `channels` valid
  std::array<BmpChannel, 3> channels{};  // blue, green, red

  // Bytes of an uncompressed row with its padding to four.
  std::uint64_t row_bytes() const {
    return (static_cast<std::uint64_t>(size.width) * static_cast<unsigned>(bits == 15 ? 16 : bits) + 31) /
           32 * 4;
  }
};

Result<BmpHeader> read_bmp_header(std::span<const std::byte> encoded, const DecodeLimits& limits);

}  // namespace segfleet
