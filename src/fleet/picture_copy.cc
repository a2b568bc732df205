// SPDX-License-Identifier: Apache-2.0
#include "fleet/picture_copy.h"

#include <fmt/format.h>

#include <cstring>

namespace segfleet {
namespace {

constexpr std::uint64_t kMostPixels = 1ULL << 31U;

}  // namespace

Status check_picture(const PictureArray& picture) {
  const auto [width, height] = picture.size;
  if (picture.first == nullptr || width < 1 || height < 1)
    return Error{ErrorCode::invalid_argument, fmt::format("a picture of {}x{} has no pixels", width, height)};
  if (static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > kMostPixels)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a picture of {}x{} has more than {} pixels", width, height, kMostPixels)};
  return {};
}

std::size_t picture_bytes(Size size) {
  return std::size_t{3} * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
}

void copy_picture(const PictureArray& picture, std::span<std::byte> place) {
  auto* out = reinterpret_cast<std::uint8_t*>(place.data());
  const auto row_bytes = std::size_t{3} * static_cast<std::size_t>(picture.size.width);
  const bool rows_as_they_are = !picture.rgb && picture.channel_bytes == 1 && picture.pixel_bytes == 3;
  const std::ptrdiff_t blue = picture.rgb ? 2 * picture.channel_bytes : 0;
  const std::ptrdiff_t green = picture.channel_bytes;
  const std::ptrdiff_t red = picture.rgb ? 0 : 2 * picture.channel_bytes;
  for (int y = 0; y < picture.size.height; ++y, out += row_bytes) {
    const std::uint8_t* row = picture.first + y * picture.row_bytes;
    if (rows_as_they_are) {
      std::memcpy(out, row, row_bytes);
      continue;
    }
    std::uint8_t* pixel = out;
    for (int x = 0; x < picture.size.width; ++x, row += picture.pixel_bytes, pixel += 3) {
      pixel[0] = row[blue];
      pixel[1] = row[green];
      pixel[2] = row[red];
    }
  }
}

}  // namespace segfleet
