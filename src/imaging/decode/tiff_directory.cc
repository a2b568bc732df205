// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/tiff_directory.h"

#include <tiff.h>

#include "imaging/decode/byte_view.h"
#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

// Widths in bytes of the two layouts' parts.
struct Layout {
  std::uint64_t first_directory_at;
  std::uint64_t offset_bytes;  // also of an entry's value count
  std::uint64_t entry_count_bytes;
};
constexpr Layout kClassic{4, 4, 2};
constexpr Layout kBig{8, 8, 8};
constexpr std::uint16_t kBigVersion = 43;
constexpr std::uint16_t kFirstPrivateTag = 32768;

std::uint64_t type_bytes(std::uint16_t type) {
  switch (type) {
    case TIFF_BYTE:
    case TIFF_ASCII:
    case TIFF_SBYTE:
    case TIFF_UNDEFINED:
      return 1;
    case TIFF_SHORT:
    case TIFF_SSHORT:
      return 2;
    case TIFF_LONG:
    case TIFF_SLONG:
    case TIFF_FLOAT:
    case TIFF_IFD:
      return 4;
    case TIFF_RATIONAL:
    case TIFF_SRATIONAL:
    case TIFF_DOUBLE:
    case TIFF_LONG8:
    case TIFF_SLONG8:
    case TIFF_IFD8:
      return 8;
    default:
      return 0;
  }
}

std::uint64_t integer(const ByteView& view, std::uint64_t at, std::uint64_t bytes) {
  switch (bytes) {
    case 1:
      return view.u8(at);
    case 2:
      return view.u16(at);
    case 4:
      return view.u32(at);
    default:
      return view.u64(at);
  }
}

void take(std::uint16_t tag, std::uint64_t value, TiffDirectory& directory) {
  switch (tag) {
    case TIFFTAG_IMAGEWIDTH:
      directory.width = value;
      break;
    case TIFFTAG_IMAGELENGTH:
      directory.height = value;
      break;
    case TIFFTAG_ROWSPERSTRIP:
      directory.rows_per_strip = value;
      break;
    case TIFFTAG_TILEWIDTH:
      directory.tile_width = value;
      break;
    case TIFFTAG_TILELENGTH:
      directory.tile_height = value;
      break;
    default:
      break;
  }
}

void read_entry(const ByteView& view, const Layout& layout, std::uint64_t at, TiffDirectory& directory) {
  const std::uint64_t unit = type_bytes(view.u16(at + 2));
  const std::uint64_t count = integer(view, at + 4, layout.offset_bytes);
  const std::uint64_t value_at = at + 4 + layout.offset_bytes;
  if (unit == 0 || count == 0) return;
  const std::uint16_t tag = view.u16(at);
  if (count <= layout.offset_bytes / unit) return take(tag, integer(view, value_at, unit), directory);
  const bool in_file =
      count <= UINT64_MAX / unit && view.holds(integer(view, value_at, layout.offset_bytes), count * unit);
  // A private tag does not change pixels; OpenCV reads such a file, too.
  if (tag < kFirstPrivateTag && !in_file) directory.values_missing = true;
}

}  // namespace

Result<TiffDirectory> read_tiff_directory(std::span<const std::byte> encoded) {
  const ByteView view(encoded, encoded[0] == std::byte{'M'} ? ByteOrder::big : ByteOrder::little);
  const Layout& layout = view.u16(2) == kBigVersion ? kBig : kClassic;
  if (!view.holds(layout.first_directory_at, layout.offset_bytes))
    return truncated_picture("TIFF", "inside its header");
  const std::uint64_t at = integer(view, layout.first_directory_at, layout.offset_bytes);
  if (at == 0) return corrupt_picture("TIFF", "no directory");
  if (!view.holds(at, layout.entry_count_bytes)) return truncated_picture("TIFF", "before its directory");
  const std::uint64_t entries = integer(view, at, layout.entry_count_bytes);
  const std::uint64_t entry_bytes = 4 + 2 * layout.offset_bytes;
  const std::uint64_t first = at + layout.entry_count_bytes;
  if (entries > encoded.size() || !view.holds(first, entries * entry_bytes))
    return truncated_picture("TIFF", "inside its directory");
  TiffDirectory directory;
  // Backwards, so that of repeated tags the first counts, as in libtiff.
  for (std::uint64_t i = entries; i-- > 0;) read_entry(view, layout, first + i * entry_bytes, directory);
  return directory;
}

}  // namespace segfleet
