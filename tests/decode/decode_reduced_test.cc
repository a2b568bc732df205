// SPDX-License-Identifier: Apache-2.0
// Which scale decode_image_reduced() takes. Its pixels are compared with cv2 in decode_parity_test.py.
#include <gtest/gtest.h>

#include "imaging/decode/decode.h"
#include "imaging/encode/encode.h"

namespace segfleet {
namespace {

std::vector<std::byte> jpeg_of(Size size) {
  Image image{size, {}};
  image.pixels.resize(3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i / 7);
  std::vector<std::byte> jpeg;
  EXPECT_TRUE(encode_jpeg(image, 90, jpeg).ok());
  return jpeg;
}

// With an orientation, right after the start of the image.
std::vector<std::byte> turned_jpeg_of(Size size, int orientation) {
  const std::string_view kExif(
      "\xFF\xE1\0\x22"
      "Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0?\0\0\0\0\0\0",
      36);
  std::string segment(kExif);
  segment[segment.find('?')] = static_cast<char>(orientation);
  std::vector<std::byte> jpeg = jpeg_of(size);
  const auto bytes = std::as_bytes(std::span(segment));
  jpeg.insert(jpeg.begin() + 2, bytes.begin(), bytes.end());
  return jpeg;
}

struct Decoded {
  Size size;     // of the pixels
  Size picture;  // its own
  Size asked;    // what `least` was given
};

Decoded decoded(const std::vector<std::byte>& file, Size least) {
  Decoded result;
  Image image;
  const auto ask = [&](Size picture) {
    result.asked = picture;
    return least;
  };
  const Status status = decode_image_reduced(file, DecodeLimits{}, ask, image, result.picture);
  EXPECT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(image.pixels.size(),
            3 * static_cast<std::size_t>(image.size.width) * static_cast<std::size_t>(image.size.height));
  result.size = image.size;
  return result;
}

TEST(DecodeReduced, TakesTheSmallestScaleThatIsEnough) {
  struct Case {
    Size picture;
    Size least;
    Size decoded;
  };
  const Size enough{40, 24};
  for (const Case& c : {
           Case{{80, 48}, enough, {40, 24}},    // exactly a half
           Case{{79, 48}, enough, {79, 48}},    // one column less
           Case{{80, 47}, enough, {80, 47}},    // one row less
           Case{{81, 49}, enough, {41, 25}},    // odd sides are rounded up
           Case{{400, 47}, enough, {400, 47}},  // both sides must allow it
           Case{{159, 96}, enough, {80, 48}},
           Case{{160, 96}, enough, {40, 24}},  // a quarter
           Case{{161, 97}, enough, {41, 25}},
           Case{{319, 192}, enough, {80, 48}},
           Case{{320, 192}, enough, {40, 24}},  // an eighth
           Case{{640, 384}, enough, {80, 48}},  // and never less
           Case{{40, 24}, {80, 48}, {40, 24}},  // what is enlarged
           Case{{40, 24}, {40, 24}, {40, 24}},  // what stays as it is
           Case{{1, 1}, {1, 1}, {1, 1}},
           Case{{9, 8}, {1, 1}, {2, 1}},
       }) {
    const Decoded result = decoded(jpeg_of(c.picture), c.least);
    EXPECT_EQ(result.size, c.decoded) << c.picture.width << "x" << c.picture.height;
    EXPECT_EQ(result.picture, c.picture);
    EXPECT_EQ(result.asked, c.picture);
  }
}

TEST(DecodeReduced, SizesAreThoseOfTheTurnedPicture) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::vector<std::byte> file = turned_jpeg_of({80, 48}, orientation);
    const bool lies = orientation >= 5;
    const Size upright = lies ? Size{48, 80} : Size{80, 48};
    const Decoded half = decoded(file, lies ? Size{24, 40} : Size{40, 24});
    EXPECT_EQ(half.asked, upright) << orientation;
    EXPECT_EQ(half.picture, upright);
    EXPECT_EQ(half.size, (lies ? Size{24, 40} : Size{40, 24}));
    const Decoded whole = decoded(file, lies ? Size{40, 24} : Size{24, 40});
    EXPECT_EQ(whole.size, upright) << orientation;
  }
}

TEST(DecodeReduced, LimitsAreForThePictureItself) {
  const std::vector<std::byte> file = jpeg_of({80, 48});
  DecodeLimits limits;
  limits.max_pixels = 80 * 48 - 1;
  Image image;
  Size picture;
  const auto half = [](Size) { return Size{40, 24}; };
  const Status status = decode_image_reduced(file, limits, half, image, picture);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::input_too_large);
}

TEST(DecodeReduced, ATruncatedPictureIsTruncated) {
  std::vector<std::byte> file = jpeg_of({80, 48});
  file.resize(file.size() / 2);
  Image image;
  Size picture;
  const Status status =
      decode_image_reduced(file, DecodeLimits{}, [](Size) { return Size{10, 6}; }, image, picture);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::input_truncated);
}

}  // namespace
}  // namespace segfleet
