// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/decode.h"

#include <fmt/format.h>

#include <new>

#include "imaging/decode/codecs.h"
#include "imaging/decode/signature.h"

namespace segfleet {
namespace {

Error not_a_picture(std::span<const std::byte> encoded) {
  if (encoded.empty()) return {ErrorCode::input_truncated, "the file is empty; copy it again"};
  if (is_start_of_signature(encoded))
    return {ErrorCode::input_truncated,
            fmt::format("the file ends after {} bytes, inside a picture's signature; copy it again",
                        encoded.size())};
  return {ErrorCode::input_unsupported,
          fmt::format("the file looks like {}; segfleet reads JPEG, PNG, BMP, WebP and TIFF, so convert it",
                      resembles(encoded))};
}

Status decode_whole(PictureFormat format, std::span<const std::byte> encoded, const DecodeLimits& limits,
                    Image& image) {
  switch (format) {
    case PictureFormat::png:
      return decode_png(encoded, limits, image);
    case PictureFormat::bmp:
      return decode_bmp(encoded, limits, image);
    case PictureFormat::webp:
      return decode_webp(encoded, limits, image);
    case PictureFormat::tiff:
      return decode_tiff(encoded, limits, image);
    case PictureFormat::jpeg:
    case PictureFormat::other:
      break;
  }
  return not_a_picture(encoded);
}

Status decode_by_format(std::span<const std::byte> encoded, const DecodeLimits& limits,
                        const LeastSize& least, Image& image, Size& picture) {
  const PictureFormat format = picture_format(encoded);
  if (format == PictureFormat::jpeg) return decode_jpeg(encoded, limits, least, image, picture);
  SEGFLEET_RETURN_IF_ERROR(decode_whole(format, encoded, limits, image));
  picture = image.size;
  return {};
}

}  // namespace

Status decode_image(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image) {
  Size picture;
  return decode_image_reduced(encoded, limits, {}, image, picture);
}

Status decode_image_reduced(std::span<const std::byte> encoded, const DecodeLimits& limits,
                            const LeastSize& least, Image& image, Size& picture) {
  if (encoded.size() > limits.max_file_bytes)
    return Error{ErrorCode::input_too_large,
                 fmt::format("the file has {} bytes, {} are allowed; raise the limit or shrink it",
                             encoded.size(), limits.max_file_bytes)};
  try {
    return decode_by_format(encoded, limits, least, image, picture);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory,
                 "no memory for the picture; free some or lower the limit on pixels"};
  }
}

}  // namespace segfleet
