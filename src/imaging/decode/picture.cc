// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/picture.h"

#include <fmt/format.h>

namespace segfleet {

Result<Size> checked_size(std::uint64_t width, std::uint64_t height, const DecodeLimits& limits) {
  if (width == 0 || height == 0)
    return Error{ErrorCode::input_corrupt,
                 fmt::format("the picture's header says {}x{} pixels; make the file anew", width, height)};
  const auto side = static_cast<std::uint64_t>(limits.max_side);
  if (width > side || height > side)
    return Error{
        ErrorCode::input_too_large,
        fmt::format("the picture is {}x{} pixels, a side may have {}; cut it into tiles or raise the limit",
                    width, height, side)};
  if (width * height > limits.max_pixels)
    return Error{
        ErrorCode::input_too_large,
        fmt::format("the picture is {}x{} = {} pixels, {} are allowed; cut it into tiles or raise the limit",
                    width, height, width * height, limits.max_pixels)};
  return Size{static_cast<int>(width), static_cast<int>(height)};
}

void resize_image(Image& image, Size size) {
  image.size = size;
  const std::size_t bytes = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
  // Freed first, so that old and new memory never exist together and old pixels are not copied.
  if (image.pixels.capacity() < bytes) std::vector<std::uint8_t>().swap(image.pixels);
  image.pixels.resize(bytes);
}

Error truncated_picture(std::string_view format, std::string_view cause) {
  return {ErrorCode::input_truncated,
          fmt::format("the {} picture ends too early ({}); copy the file again", format, cause)};
}

Error corrupt_picture(std::string_view format, std::string_view cause) {
  return {ErrorCode::input_corrupt,
          fmt::format("the {} picture is damaged ({}); copy the file again", format, cause)};
}

Error unsupported_picture(std::string_view format, std::string_view cause) {
  return {ErrorCode::input_unsupported,
          fmt::format("segfleet does not read this kind of {} ({}); save it as 8-bit PNG or JPEG", format,
                      cause)};
}

}  // namespace segfleet
