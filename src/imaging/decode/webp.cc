// SPDX-License-Identifier: Apache-2.0
// WebP, equal to OpenCV 4.8.1: alpha is dropped unblended, EXIF does not turn the picture, animations are
// refused. OpenCV also refuses files above 64 MiB; here DecodeLimits decides.
#include <webp/decode.h>

#include <fmt/format.h>

#include "imaging/decode/codecs.h"
#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

Error webp_error(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return truncated_picture("WebP", "the file's end is reached");
    case VP8_STATUS_OUT_OF_MEMORY:
      return {ErrorCode::out_of_memory,
              "no memory to decode the WebP picture; free some or lower the limit on pixels"};
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return unsupported_picture("WebP", "libwebp does not know a feature of it");
    default:
      return corrupt_picture("WebP", fmt::format("libwebp status {}", static_cast<int>(status)));
  }
}

}  // namespace

Status decode_webp(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(encoded.data());
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0)
    return Error{ErrorCode::internal, "libwebp has another version than its header"};
  const VP8StatusCode header = WebPGetFeatures(bytes, encoded.size(), &config.input);
  if (header != VP8_STATUS_OK) return webp_error(header);
  if (config.input.has_animation != 0) return unsupported_picture("WebP", "an animation");
  const Result<Size> size = checked_size(static_cast<unsigned>(config.input.width),
                                         static_cast<unsigned>(config.input.height), limits);
  if (!size) return size.error();
  resize_image(image, *size);
  config.output.colorspace = MODE_BGR;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.pixels.data();
  config.output.u.RGBA.stride = static_cast<int>(row_bytes(image));
  config.output.u.RGBA.size = image.pixels.size();
  const VP8StatusCode status = WebPDecode(bytes, encoded.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return webp_error(status);
  return {};
}

}  // namespace segfleet
