// SPDX-License-Identifier: Apache-2.0
// TIFF, first page, equal to OpenCV 4.8.1: libtiff's own conversion to 8-bit RGBA (alpha multiplied in when
// unassociated, 16 bits rounded to 8), then alpha dropped, then the part of the orientation that libtiff
// leaves. Differences: a strip that cannot be decoded is an error, where OpenCV gives what is in memory; the
// 16 bits of a single strip above 255 million pixels are rounded, where OpenCV cuts them.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "imaging/decode/codecs.h"
#include "imaging/decode/orient.h"
#include "imaging/decode/picture.h"
#include "imaging/decode/tiff_directory.h"
#include "imaging/decode/tiff_source.h"

namespace segfleet {
namespace {

constexpr int kStopOnError = 1;
constexpr std::uint64_t kTagMemory = 4ull << 20;  // bytes; strip tables of a high picture take some
constexpr std::uint64_t kMostBytesAPixel = 8;     // four samples of 16 bits

// A strip or a tile: what libtiff decodes at once.
struct Piece {
  std::uint64_t width;
  std::uint64_t height;
  bool tile;
};

Result<Piece> checked_piece(const TiffDirectory& directory, const DecodeLimits& limits) {
  Piece piece{directory.width, std::min(directory.rows_per_strip, directory.height), false};
  if (directory.tile_width != 0 || directory.tile_height != 0)
    piece = {directory.tile_width, directory.tile_height, true};
  if (piece.width == 0 || piece.height == 0) return corrupt_picture("TIFF", "strips or tiles without pixels");
  if (piece.height > limits.max_pixels / piece.width)
    return Error{
        ErrorCode::input_too_large,
        fmt::format("the TIFF has tiles of {}x{} pixels, {} pixels are allowed; write it with smaller ones",
                    piece.width, piece.height, limits.max_pixels)};
  return piece;
}

std::uint16_t short_field(TIFF* tiff, std::uint32_t tag) {
  std::uint16_t value = 0;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

// Of libtiff's own view of the file: it cuts a long uncompressed strip into shorter ones.
std::uint32_t long_field(TIFF* tiff, std::uint32_t tag) {
  std::uint32_t value = 0;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

bool is_known_compression(std::uint16_t compression) {
  switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_LZW:
    case COMPRESSION_JPEG:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS:
      return true;
    default:
      return false;
  }
}

// What OpenCV refuses, and the compressions that its wheel does not have or that are not worth their risk.
Status check_kind(TIFF* tiff) {
  const std::uint16_t compression = short_field(tiff, TIFFTAG_COMPRESSION);
  if (!is_known_compression(compression))
    return unsupported_picture("TIFF", fmt::format("compression {}", compression));
  std::uint16_t photometric = 0;
  if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric) == 0)
    return unsupported_picture("TIFF", "no photometric interpretation");
  const std::uint16_t samples = short_field(tiff, TIFFTAG_SAMPLESPERPIXEL);
  if (samples > 4) return unsupported_picture("TIFF", fmt::format("{} samples a pixel", samples));
  const std::uint16_t bits = short_field(tiff, TIFFTAG_BITSPERSAMPLE);
  const std::uint16_t format = short_field(tiff, TIFFTAG_SAMPLEFORMAT);
  const bool integers = format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_INT;
  if (!integers || bits == 2 || (bits == 4 && photometric != PHOTOMETRIC_PALETTE))
    return unsupported_picture(
        "TIFF", fmt::format("{} bits a sample, photometric {}, sample format {}", bits, photometric, format));
  if (photometric == PHOTOMETRIC_CIELAB && bits != 8)
    return unsupported_picture("TIFF", "CIELAB of more than 8 bits");
  char why_not[1024] = "";
  if (TIFFRGBAImageOK(tiff, why_not) == 0) return unsupported_picture("TIFF", why_not);
  return {};
}

Status check_pieces_in_file(TIFF* tiff, const Piece& piece, std::uint64_t file_bytes) {
  const std::uint32_t count = piece.tile ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t offset = TIFFGetStrileOffset(tiff, i);
    if (offset > file_bytes || TIFFGetStrileByteCount(tiff, i) > file_bytes - offset)
      return truncated_picture("TIFF", fmt::format("before the end of strip or tile {} of {}", i + 1, count));
  }
  return {};
}

Error failure_of(const TiffSource& source) {
  const std::string_view complaint = source.complaint();
  if (complaint.starts_with("Sorry")) return unsupported_picture("TIFF", complaint);  // libtiff's word for it
  return corrupt_picture("TIFF", complaint);
}

bool is_upside_down(std::uint16_t orientation) {
  return orientation == ORIENTATION_BOTRIGHT || orientation == ORIENTATION_RIGHTBOT ||
         orientation == ORIENTATION_BOTLEFT || orientation == ORIENTATION_LEFTBOT;
}

// libtiff has mirrored the picture already; the transposition is left, in EXIF's numbers.
int orientation_left(std::uint16_t orientation) {
  switch (orientation) {
    case ORIENTATION_LEFTTOP:
    case ORIENTATION_RIGHTBOT:
      return 5;
    case ORIENTATION_RIGHTTOP:
    case ORIENTATION_LEFTBOT:
      return 7;
    default:
      return 1;
  }
}

bool read_pieces(TIFF* tiff, const Piece& piece, bool upside_down, Image& image) {
  const auto raster = std::make_unique_for_overwrite<std::uint32_t[]>(piece.width * piece.height);
  const auto width = static_cast<std::uint64_t>(image.size.width);
  const auto height = static_cast<std::uint64_t>(image.size.height);
  for (std::uint64_t top = 0; top < height; top += piece.height) {
    const std::uint64_t rows = std::min(piece.height, height - top);
    const std::uint64_t to_top = upside_down ? height - top - rows : top;
    for (std::uint64_t left = 0; left < width; left += piece.width) {
      const auto x = static_cast<std::uint32_t>(left);
      const auto y = static_cast<std::uint32_t>(top);
      const int ok = piece.tile ? TIFFReadRGBATileExt(tiff, x, y, raster.get(), kStopOnError)
                                : TIFFReadRGBAStripExt(tiff, y, raster.get(), kStopOnError);
      if (ok == 0) return false;
      // Rows come bottom first; a tile that hangs over the lower edge has its own rows at the raster's end.
      const std::uint32_t* from = raster.get() + (piece.tile ? (piece.height - rows) * piece.width : 0);
      for (std::uint64_t i = 0; i < rows; ++i, from += piece.width) {
        std::uint8_t* bgr = image.pixels.data() + (to_top + rows - 1 - i) * row_bytes(image) + left * 3;
        for (std::uint64_t column = 0; column < std::min(piece.width, width - left); ++column, bgr += 3) {
          bgr[0] = static_cast<std::uint8_t>(TIFFGetB(from[column]));
          bgr[1] = static_cast<std::uint8_t>(TIFFGetG(from[column]));
          bgr[2] = static_cast<std::uint8_t>(TIFFGetR(from[column]));
        }
      }
    }
  }
  return true;
}

}  // namespace

Status decode_tiff(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image) {
  const Result<TiffDirectory> directory = read_tiff_directory(encoded);
  if (!directory) return directory.error();
  if (directory->values_missing) return truncated_picture("TIFF", "before the end of a tag's values");
  const Result<Size> size = checked_size(directory->width, directory->height, limits);
  if (!size) return size.error();
  Result<Piece> piece = checked_piece(*directory, limits);
  if (!piece) return piece.error();

  TiffSource source(encoded,
                    kTagMemory + encoded.size() * 4 + piece->width * piece->height * kMostBytesAPixel);
  TIFF* const tiff = source.get();
  if (tiff == nullptr) return failure_of(source);
  source.forget_complaint();  // an odd tag that libtiff did without
  const std::uint64_t width = long_field(tiff, TIFFTAG_IMAGEWIDTH);
  const std::uint64_t height = long_field(tiff, TIFFTAG_IMAGELENGTH);
  if (width != directory->width || height != directory->height || (TIFFIsTiled(tiff) != 0) != piece->tile)
    return corrupt_picture("TIFF", "contradicting tags");
  if (!piece->tile) piece->height = std::min<std::uint64_t>(long_field(tiff, TIFFTAG_ROWSPERSTRIP), height);
  if (piece->height == 0) return corrupt_picture("TIFF", "strips without rows");
  SEGFLEET_RETURN_IF_ERROR(check_kind(tiff));
  SEGFLEET_RETURN_IF_ERROR(check_pieces_in_file(tiff, *piece, encoded.size()));

  resize_image(image, *size);
  const std::uint16_t orientation = short_field(tiff, TIFFTAG_ORIENTATION);
  if (!read_pieces(tiff, *piece, is_upside_down(orientation), image) || source.complained())
    return failure_of(source);
  apply_orientation(orientation_left(orientation), image);
  return {};
}

}  // namespace segfleet
