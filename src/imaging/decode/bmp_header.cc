// SPDX-License-Identifier: Apache-2.0
// Accepts what OpenCV 4.8.1 accepts and reads it the same way: 16-bit masks are looked for after the header,
// 32-bit masks only inside headers of 56 bytes and more; the older 40-byte header's masks are not read.
#include "imaging/decode/bmp_header.h"

#include <fmt/format.h>

#include "imaging/decode/byte_view.h"
#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

// File header of 14 bytes, then the information header, whose own size comes first.
constexpr std::uint64_t kPixelsAt = 10;
constexpr std::uint64_t kInfoAt = 14;
constexpr std::uint32_t kCoreInfoBytes = 12;
constexpr std::uint32_t kLeastInfoBytes = 36;
constexpr std::uint32_t kMaskedInfoBytes = 56;
constexpr std::uint64_t kMasksAt = 54;
constexpr std::uint32_t kMostColours = 256;

struct RawHeader {
  std::int64_t width = 0;
  std::int64_t height = 0;
  int bits = 0;
  std::uint32_t compression = 0;
  std::uint32_t colours_used = 0;
  std::uint64_t end = 0;  // where palette or masks follow
};

Error ends_in_header() {
  return truncated_picture("BMP", "inside its header");
}

Result<RawHeader> read_raw_header(const ByteView& view) {
  if (!view.holds(0, kInfoAt + 4)) return ends_in_header();
  const std::uint32_t info_bytes = view.u32(kInfoAt);
  RawHeader raw;
  raw.end = kInfoAt + info_bytes;
  if (info_bytes == kCoreInfoBytes) {
    if (!view.holds(kInfoAt, kCoreInfoBytes)) return ends_in_header();
    raw.width = view.u16(18);
    raw.height = view.u16(20);
    raw.bits = view.u16(24);
    return raw;
  }
  if (info_bytes < kLeastInfoBytes || info_bytes > INT32_MAX)
    return unsupported_picture("BMP", fmt::format("a header of {} bytes", info_bytes));
  if (!view.holds(kInfoAt, kLeastInfoBytes)) return ends_in_header();
  raw.width = static_cast<std::int32_t>(view.u32(18));
  raw.height = static_cast<std::int32_t>(view.u32(22));
  raw.bits = view.u16(28);
  raw.compression = view.u32(30);
  raw.colours_used = view.u32(46);
  return raw;
}

bool supported(const RawHeader& raw, bool core) {
  switch (raw.compression) {
    case 0:
      return raw.bits == 1 || raw.bits == 4 || raw.bits == 8 || raw.bits == 24 || raw.bits == 32 ||
             (raw.bits == 16 && !core);
    case 1:
      return raw.bits == 8;
    case 2:
      return raw.bits == 4;
    case 3:
      return raw.bits == 16 || raw.bits == 32;
    default:
      return false;
  }
}

Status read_palette(const ByteView& view, const RawHeader& raw, bool core, BmpHeader& header) {
  if (raw.colours_used > kMostColours) return corrupt_picture("BMP", "more than 256 colours in its palette");
  const std::uint32_t colours = raw.colours_used == 0 ? 1u << raw.bits : raw.colours_used;
  const std::uint64_t entry_bytes = core ? 3 : 4;
  if (!view.holds(raw.end, colours * entry_bytes)) return truncated_picture("BMP", "inside its palette");
  for (std::uint32_t i = 0; i < colours; ++i)
    for (std::uint64_t channel = 0; channel < 3; ++channel)
      header.palette[i][channel] = view.u8(raw.end + i * entry_bytes + channel);
  return {};
}

Status read_16_bit_masks(const ByteView& view, const RawHeader& raw, BmpHeader& header) {
  if (!view.holds(raw.end, 12)) return ends_in_header();
  const std::array masks = {view.u32(raw.end), view.u32(raw.end + 4), view.u32(raw.end + 8)};
  if (masks == std::array{0x7C00u, 0x3E0u, 0x1Fu})
    header.bits = 15;
  else if (masks != std::array{0xF800u, 0x7E0u, 0x1Fu})
    return unsupported_picture("BMP", "16-bit pixels that are neither 5-5-5 nor 5-6-5");
  return {};
}

Status read_32_bit_masks(const ByteView& view, BmpHeader& header) {
  if (!view.holds(kMasksAt, 16)) return ends_in_header();
  header.masked = true;
  for (std::uint64_t i = 0; i < 3; ++i) {  // stored red, green, blue
    const std::uint32_t mask = view.u32(kMasksAt + 4 * i);
    if (mask == 0) {  // OpenCV then takes the pixels as plain blue-green-red-alpha
      header.masked = false;
      continue;
    }
    const int shift = std::countr_zero(mask);
    header.channels[2 - i] = {mask, shift, 255.0F / static_cast<float>(mask >> shift)};
  }
  return {};
}

}  // namespace

Result<BmpHeader> read_bmp_header(std::span<const std::byte> encoded, const DecodeLimits& limits) {
  const ByteView view(encoded, ByteOrder::little);
  const Result<RawHeader> raw = read_raw_header(view);
  if (!raw) return raw.error();
  const bool core = raw->end == kInfoAt + kCoreInfoBytes;
  if (!supported(*raw, core))
    return unsupported_picture("BMP",
                               fmt::format("{} bits a pixel, compression {}", raw->bits, raw->compression));
  if (raw->width < 0) return corrupt_picture("BMP", "a negative width");
  const auto height = static_cast<std::uint64_t>(std::llabs(raw->height));
  const Result<Size> size = checked_size(static_cast<std::uint64_t>(raw->width), height, limits);
  if (!size) return size.error();

  BmpHeader header;
  header.size = *size;
  header.top_down = raw->height < 0;
  header.bits = raw->bits == 16 && raw->compression == 0 ? 15 : raw->bits;
  header.compression = static_cast<BmpCompression>(raw->compression);
  header.pixels_at = view.u32(kPixelsAt);
  if (raw->bits <= 8) SEGFLEET_RETURN_IF_ERROR(read_palette(view, *raw, core, header));
  if (header.compression == BmpCompression::bitfields) {
    if (raw->bits == 16) SEGFLEET_RETURN_IF_ERROR(read_16_bit_masks(view, *raw, header));
    if (raw->bits == 32 && raw->end >= kInfoAt + kMaskedInfoBytes)
      SEGFLEET_RETURN_IF_ERROR(read_32_bit_masks(view, header));
  }
  return header;
}

}  // namespace segfleet
