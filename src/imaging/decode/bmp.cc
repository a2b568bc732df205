// SPDX-License-Identifier: Apache-2.0
// BMP, equal to OpenCV 4.8.1: 5-bit and 6-bit channels are shifted up, not scaled;
// alpha is dropped unblended.
#include <cstring>

#include "imaging/decode/bmp_header.h"
#include "imaging/decode/bmp_rle.h"
#include "imaging/decode/byte_view.h"
#include "imaging/decode/codecs.h"
#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

using Row = std::span<const std::byte>;

void indexed_row(const BmpHeader& header, Row row, std::uint8_t* bgr) {
  const auto bits = static_cast<unsigned>(header.bits);
  const std::size_t pixels_a_byte = 8 / bits;
  const unsigned mask = (1u << bits) - 1;
  for (std::size_t x = 0; x < static_cast<std::size_t>(header.size.width); ++x, bgr += 3) {
    const auto byte = std::to_integer<unsigned>(row[x / pixels_a_byte]);
    const unsigned index = byte >> (8 - bits - x % pixels_a_byte * bits) & mask;
    std::memcpy(bgr, header.palette[index].data(), 3);
  }
}

void row_of_16_bits(const BmpHeader& header, Row row, std::uint8_t* bgr) {
  const ByteView pixels(row, ByteOrder::little);
  const bool six_bit_green = header.bits == 16;
  for (std::size_t x = 0; x < static_cast<std::size_t>(header.size.width); ++x, bgr += 3) {
    const unsigned pixel = pixels.u16(x * 2);
    bgr[0] = static_cast<std::uint8_t>(pixel << 3 & 0xF8);
    bgr[1] = static_cast<std::uint8_t>(six_bit_green ? pixel >> 3 & 0xFC : pixel >> 2 & 0xF8);
    bgr[2] = static_cast<std::uint8_t>(six_bit_green ? pixel >> 8 & 0xF8 : pixel >> 7 & 0xF8);
  }
}

void row_of_32_bits(const BmpHeader& header, Row row, std::uint8_t* bgr) {
  const ByteView pixels(row, ByteOrder::little);
  for (std::size_t x = 0; x < static_cast<std::size_t>(header.size.width); ++x, bgr += 3) {
    if (!header.masked) {
      std::memcpy(bgr, row.data() + x * 4, 3);
      continue;
    }
    const std::uint32_t pixel = pixels.u32(x * 4);
    for (std::size_t i = 0; i < 3; ++i) {
      const BmpChannel& channel = header.channels[i];
      bgr[i] = static_cast<std::uint8_t>(static_cast<float>((pixel & channel.mask) >> channel.shift) *
                                         channel.scale);
    }
  }
}

void convert_row(const BmpHeader& header, Row row, std::uint8_t* bgr) {
  if (header.bits <= 8)
    indexed_row(header, row, bgr);
  else if (header.bits <= 16)
    row_of_16_bits(header, row, bgr);
  else if (header.bits == 24)
    std::memcpy(bgr, row.data(), static_cast<std::size_t>(header.size.width) * 3);
  else
    row_of_32_bits(header, row, bgr);
}

Status decode_plain(const BmpHeader& header, std::span<const std::byte> pixels, Image& image) {
  const std::uint64_t stored_row = header.row_bytes();
  const auto rows = static_cast<std::uint64_t>(header.size.height);
  if (stored_row * rows > pixels.size()) return truncated_picture("BMP", "before its last row");
  resize_image(image, header.size);
  for (std::uint64_t y = 0; y < rows; ++y) {
    const std::uint64_t to = header.top_down ? y : rows - 1 - y;
    convert_row(header, pixels.subspan(y * stored_row, stored_row),
                image.pixels.data() + to * row_bytes(image));
  }
  return {};
}

}  // namespace

Status decode_bmp(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image) {
  const Result<BmpHeader> header = read_bmp_header(encoded, limits);
  if (!header) return header.error();
  if (header->pixels_at > encoded.size()) return truncated_picture("BMP", "before its pixels");
  const std::span<const std::byte> pixels = encoded.subspan(header->pixels_at);
  if (header->compression != BmpCompression::rle4 && header->compression != BmpCompression::rle8)
    return decode_plain(*header, pixels, image);
  resize_image(image, header->size);
  return decode_bmp_rle(*header, pixels, image);
}

}  // namespace segfleet
