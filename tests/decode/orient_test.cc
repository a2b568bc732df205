// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/orient.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

// 3x2 pixels, each three times its number:
// 1 2 3
// 4 5 6
Image numbered() {
  Image image{{3, 2}, {}};
  for (std::uint8_t n = 1; n <= 6; ++n) image.pixels.insert(image.pixels.end(), 3, n);
  return image;
}

std::string turned(int orientation) {
  Image image = numbered();
  apply_orientation(orientation, image);
  std::string text;
  std::size_t at = 0;
  for (int y = 0; y < image.size.height; ++y) {
    for (int x = 0; x < image.size.width; ++x, at += 3) text += static_cast<char>('0' + image.pixels[at]);
    text += ' ';
  }
  return text;
}

TEST(Orient, EachOrientationMovesThePixelsAsExifSays) {
  EXPECT_EQ(turned(1), "123 456 ");
  EXPECT_EQ(turned(2), "321 654 ");
  EXPECT_EQ(turned(3), "654 321 ");
  EXPECT_EQ(turned(4), "456 123 ");
  EXPECT_EQ(turned(5), "14 25 36 ");
  EXPECT_EQ(turned(6), "41 52 63 ");
  EXPECT_EQ(turned(7), "63 52 41 ");
  EXPECT_EQ(turned(8), "36 25 14 ");
}

TEST(Orient, PicturesOverATileTurnWhole) {
  Image image{{70, 45}, std::vector<std::uint8_t>(9450)};
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i * 7);
  const Image before = image;
  apply_orientation(6, image);
  apply_orientation(8, image);
  EXPECT_EQ(image.size, before.size);
  EXPECT_EQ(image.pixels, before.pixels);
}

}  // namespace
}  // namespace segfleet
