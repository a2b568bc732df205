// SPDX-License-Identifier: Apache-2.0
// decode_image's own promises. Pixels are compared with cv2 in decode_parity_test.py.
#include "imaging/decode/decode.h"

#include <gtest/gtest.h>

#include <thread>

namespace segfleet {
namespace {

// An uncompressed 24-bit BMP, width x height, whose bytes count up.
std::vector<std::byte> bmp_of(std::uint8_t width, std::uint8_t height) {
  const std::size_t row = (std::size_t{width} * 3 + 3) / 4 * 4;
  std::vector<std::byte> file(54 + row * height);
  const auto put = [&](std::size_t at, unsigned value) { file[at] = static_cast<std::byte>(value); };
  put(0, 'B');
  put(1, 'M');
  put(10, 54);
  put(14, 40);
  put(18, width);
  put(22, height);
  put(26, 1);
  put(28, 24);
  for (std::size_t i = 54; i < file.size(); ++i) put(i, static_cast<unsigned>(i));
  return file;
}

TEST(DecodeImage, AnEmptyFileIsTruncated) {
  Image image;
  const Status status = decode_image({}, DecodeLimits{}, image);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::input_truncated);
  EXPECT_EQ(status.error().message, "the file is empty; copy it again");
}

TEST(DecodeImage, APartOfASignatureIsTruncated) {
  for (const std::string_view start : {"B", "\x89PN", "\xFF\xD8", "RIFF", "RIFF....WEB", "MM", "II*"}) {
    Image image;
    const Status status = decode_image(std::as_bytes(std::span(start)), DecodeLimits{}, image);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::input_truncated) << start;
  }
}

TEST(DecodeImage, AFileOverTheLimitOnBytesIsTooLarge) {
  const std::vector<std::byte> file = bmp_of(4, 4);
  DecodeLimits limits;
  Image image;
  limits.max_file_bytes = file.size();
  EXPECT_TRUE(decode_image(file, limits, image));
  limits.max_file_bytes = file.size() - 1;
  const Status status = decode_image(file, limits, image);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::input_too_large);
}

TEST(DecodeImage, ASideOverTheLimitIsTooLarge) {
  DecodeLimits limits;
  limits.max_side = 9;
  Image image;
  EXPECT_TRUE(decode_image(bmp_of(9, 9), limits, image));
  for (const auto& file : {bmp_of(10, 2), bmp_of(2, 10)}) {
    const Status status = decode_image(file, limits, image);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::input_too_large);
  }
}

TEST(DecodeImage, APictureOverALimitLeavesTheMemoryAlone) {
  DecodeLimits limits;
  limits.max_pixels = 5;
  Image image;
  ASSERT_FALSE(decode_image(bmp_of(3, 2), limits, image));
  EXPECT_EQ(image.pixels.capacity(), 0u);
}

TEST(DecodeImage, MemoryIsReusedForPicturesThatFit) {
  Image image;
  ASSERT_TRUE(decode_image(bmp_of(20, 20), DecodeLimits{}, image));
  const std::uint8_t* const memory = image.pixels.data();
  ASSERT_TRUE(decode_image(bmp_of(10, 7), DecodeLimits{}, image));
  EXPECT_EQ(image.size, (Size{10, 7}));
  EXPECT_EQ(image.pixels.size(), 10u * 7u * 3u);
  ASSERT_TRUE(decode_image(bmp_of(20, 20), DecodeLimits{}, image));
  EXPECT_EQ(image.pixels.data(), memory);
}

TEST(DecodeImage, RowsAreTopFirstAndBlueFirst) {
  Image image;
  ASSERT_TRUE(decode_image(bmp_of(1, 2), DecodeLimits{}, image));
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{58, 59, 60, 54, 55, 56}));
}

TEST(DecodeImage, AnErrorDoesNotSpoilTheNextPicture) {
  Image image;
  std::vector<std::byte> cut = bmp_of(8, 8);
  cut.resize(cut.size() - 1);
  ASSERT_FALSE(decode_image(cut, DecodeLimits{}, image));
  ASSERT_TRUE(decode_image(bmp_of(1, 1), DecodeLimits{}, image));
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{54, 55, 56}));
}

TEST(DecodeImage, ThreadsDecodeAtTheSameTime) {
  const auto decode_many = [] {
    Image image;
    for (std::uint8_t side = 1; side < 60; ++side)
      ASSERT_TRUE(decode_image(bmp_of(side, side), DecodeLimits{}, image));
  };
  std::thread other(decode_many);
  decode_many();
  other.join();
}

}  // namespace
}  // namespace segfleet
