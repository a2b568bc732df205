// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/orient.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace segfleet {
namespace {

using Pixel = std::array<std::uint8_t, 3>;
static_assert(sizeof(Pixel) == 3);

Pixel* pixels_of(Image& image) {
  return reinterpret_cast<Pixel*>(image.pixels.data());
}

void mirror_left_right(Image& image) {
  Pixel* row = pixels_of(image);
  for (int y = 0; y < image.size.height; ++y, row += image.size.width)
    std::reverse(row, row + image.size.width);
}

void mirror_top_bottom(Image& image) {
  const std::ptrdiff_t width = image.size.width;
  Pixel* top = pixels_of(image);
  Pixel* bottom = top + (image.size.height - 1) * width;
  for (; top < bottom; top += width, bottom -= width) std::swap_ranges(top, top + width, bottom);
}

void turn_half(Image& image) {
  Pixel* first = pixels_of(image);
  std::reverse(first, first + static_cast<std::ptrdiff_t>(image.size.width) * image.size.height);
}

// Source column x becomes row x (or the x-th from the bottom), source row y becomes column y (or the y-th
// from the right).
void transpose(Image& image, bool from_bottom, bool from_right) {
  const std::ptrdiff_t width = image.size.width;
  const std::ptrdiff_t height = image.size.height;
  const auto copy = std::make_unique_for_overwrite<Pixel[]>(static_cast<std::size_t>(width * height));
  std::memcpy(copy.get(), image.pixels.data(), image.pixels.size());
  Pixel* origin = pixels_of(image) + (from_bottom ? (width - 1) * height : 0) + (from_right ? height - 1 : 0);
  const std::ptrdiff_t row_step = from_bottom ? -height : height;
  const std::ptrdiff_t column_step = from_right ? -1 : 1;
  constexpr std::ptrdiff_t kTile = 32;  // both sides of a tile stay in the first-level cache
  for (std::ptrdiff_t top = 0; top < height; top += kTile)
    for (std::ptrdiff_t left = 0; left < width; left += kTile)
      for (std::ptrdiff_t x = left; x < std::min(left + kTile, width); ++x)
        for (std::ptrdiff_t y = top; y < std::min(top + kTile, height); ++y)
          origin[x * row_step + y * column_step] = copy[static_cast<std::size_t>(y * width + x)];
  std::swap(image.size.width, image.size.height);
}

}  // namespace

Size turned(int orientation, Size stored) {
  return orientation < 5 ? stored : Size{stored.height, stored.width};
}

void apply_orientation(int orientation, Image& image) {
  switch (orientation) {
    case 2:
      return mirror_left_right(image);
    case 3:
      return turn_half(image);
    case 4:
      return mirror_top_bottom(image);
    case 5:
      return transpose(image, false, false);
    case 6:
      return transpose(image, false, true);
    case 7:
      return transpose(image, true, true);
    case 8:
      return transpose(image, true, false);
    default:
      return;
  }
}

}  // namespace segfleet
