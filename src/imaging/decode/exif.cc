// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/exif.h"

#include "imaging/decode/byte_view.h"

namespace segfleet {
namespace {

// Places inside a directory entry: tag u16, type u16, count u32, value or offset u32.
constexpr std::uint64_t kEntryBytes = 12;
constexpr std::uint64_t kCountAt = 4;
constexpr std::uint64_t kValueAt = 8;
constexpr std::uint16_t kOrientationTag = 0x0112;

bool text_readable(const ByteView& view, std::uint64_t entry) {
  if (!view.holds(entry + kCountAt, 4)) return false;
  const std::uint64_t count = view.u32(entry + kCountAt);
  if (count <= 4) return view.holds(8, count);
  return view.holds(entry + kValueAt, 4) && view.holds(view.u32(entry + kValueAt), count);
}

bool fractions_readable(const ByteView& view, std::uint64_t entry, std::uint64_t count) {
  return view.holds(entry + kValueAt, 4) && view.holds(view.u32(entry + kValueAt), count * 8);
}

// Whether OpenCV gets past an entry that is not the orientation. It reads only the tags named here.
bool entry_readable(const ByteView& view, std::uint64_t entry, std::uint16_t tag) {
  switch (tag) {
    case 0x010E:  // ImageDescription
    case 0x010F:  // Make
    case 0x0110:  // Model
    case 0x0131:  // Software
    case 0x0132:  // DateTime
    case 0x8298:  // Copyright
      return text_readable(view, entry);
    case 0x011A:  // XResolution
    case 0x011B:  // YResolution
      return fractions_readable(view, entry, 1);
    case 0x013E:  // WhitePoint
      return fractions_readable(view, entry, 2);
    case 0x0211:  // YCbCrCoefficients
      return fractions_readable(view, entry, 3);
    case 0x013F:  // PrimaryChromaticities
    case 0x0214:  // ReferenceBlackWhite
      return fractions_readable(view, entry, 6);
    case 0x0128:  // ResolutionUnit
    case 0x0213:  // YCbCrPositioning
      return view.holds(entry + kValueAt, 2);
    default:
      return true;
  }
}

}  // namespace

int exif_orientation(std::span<const std::byte> tiff) {
  if (tiff.size() < 8) return 1;
  const bool little = tiff[0] == std::byte{'I'} && tiff[1] == std::byte{'I'};
  const ByteView view(tiff, little ? ByteOrder::little : ByteOrder::big);
  if (view.u16(2) != 42) return 1;
  const std::uint64_t directory = view.u32(4);
  if (!view.holds(directory, 2)) return 1;
  const unsigned entries = view.u16(directory);
  for (unsigned i = 0; i < entries; ++i) {
    const std::uint64_t entry = directory + 2 + i * kEntryBytes;
    if (!view.holds(entry, 2)) return 1;
    const std::uint16_t tag = view.u16(entry);
    if (tag == kOrientationTag) {
      const int value = view.holds(entry + kValueAt, 2) ? view.u16(entry + kValueAt) : 1;
      return value >= 1 && value <= 8 ? value : 1;
    }
    if (!entry_readable(view, entry, tag)) return 1;
  }
  return 1;
}

}  // namespace segfleet
