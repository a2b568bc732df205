// SPDX-License-Identifier: Apache-2.0
// Behaviour at the edges; masks_test.py compares pixels with Pillow and cv2.
#include "imaging/encode/encode.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace segfleet {
namespace {

LabelMap stripes(Size size) {
  LabelMap labels{size, std::vector<std::uint8_t>(std::size_t(size.width) * size.height)};
  for (std::size_t i = 0; i < labels.labels.size(); ++i) labels.labels[i] = i / 5 % 19;
  return labels;
}

TEST(PngEncoder, EqualLabelsGiveEqualBytesWhateverCameBefore) {
  PngEncoder encoder;
  std::vector<std::byte> first;
  std::vector<std::byte> second;
  ASSERT_TRUE(encoder.encode(stripes({33, 20}), paddleseg_palette(), first).ok());
  ASSERT_TRUE(encoder.encode(stripes({400, 300}), paddleseg_palette(), second).ok());
  ASSERT_TRUE(encoder.encode(stripes({33, 20}), paddleseg_palette(), second).ok());
  EXPECT_EQ(first, second);
  ASSERT_TRUE(PngEncoder().encode(stripes({33, 20}), paddleseg_palette(), second).ok());
  EXPECT_EQ(first, second);
}

TEST(PngEncoder, SecondMapOfTheSameSizeReusesTheBuffer) {
  PngEncoder encoder;
  std::vector<std::byte> png;
  ASSERT_TRUE(encoder.encode(stripes({64, 64}), paddleseg_palette(), png).ok());
  const auto* memory = png.data();
  ASSERT_TRUE(encoder.encode(stripes({64, 64}), paddleseg_palette(), png).ok());
  EXPECT_EQ(png.data(), memory);
}

TEST(PngEncoder, RefusesAnEmptyMapWithItsSize) {
  std::vector<std::byte> png;
  const Status status = PngEncoder().encode({{0, 7}, {}}, paddleseg_palette(), png);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(status.error().message.find("0x7"), std::string::npos);
}

TEST(PngEncoder, RefusesAMapThatNoChunkCanHoldBeforeReadingIt) {
  std::vector<std::byte> png;
  EXPECT_EQ(PngEncoder().encode({{65500, 65500}, {}}, paddleseg_palette(), png).error().code,
            ErrorCode::invalid_argument);
}

Image ramp(Size size) {
  Image image{size, std::vector<std::uint8_t>(std::size_t(size.width) * size.height * 3)};
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * 7919 >> 3);
  return image;
}

TEST(EncodeJpeg, EqualPicturesGiveEqualBytesWhateverTheBufferHeld) {
  std::vector<std::byte> first;
  std::vector<std::byte> second(3, std::byte{9});
  ASSERT_TRUE(encode_jpeg(ramp({300, 200}), 90, first).ok());
  ASSERT_TRUE(encode_jpeg(ramp({500, 400}), 90, second).ok());
  ASSERT_TRUE(encode_jpeg(ramp({300, 200}), 90, second).ok());
  EXPECT_EQ(first, second);
}

TEST(EncodeJpeg, GrowsBeyondItsFirstBuffer) {
  std::vector<std::byte> jpeg;
  ASSERT_TRUE(encode_jpeg(ramp({1000, 700}), 100, jpeg).ok());
  ASSERT_GT(jpeg.size(), std::size_t{128} << 10);
  EXPECT_EQ(jpeg[jpeg.size() - 2], std::byte{0xFF});
  EXPECT_EQ(jpeg[jpeg.size() - 1], std::byte{0xD9});  // end of image
}

TEST(EncodeJpeg, LowerQualityIsSmaller) {
  std::vector<std::byte> fine;
  std::vector<std::byte> coarse;
  ASSERT_TRUE(encode_jpeg(ramp({100, 100}), 95, fine).ok());
  ASSERT_TRUE(encode_jpeg(ramp({100, 100}), 30, coarse).ok());
  EXPECT_LT(coarse.size(), fine.size());
}

// The sampling factors of each component, from the frame header: "22 11 11" is 4:2:0.
std::string sampling_of(const std::vector<std::byte>& jpeg) {
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(jpeg.at(i)); };
  std::size_t segment = 2;  // after the start of the image
  while (at(segment + 1) != 0xC0) segment += 2 + 256 * at(segment + 2) + at(segment + 3);
  std::string factors;
  for (std::size_t i = 0; i < at(segment + 9); ++i)
    factors += fmt::format("{}{:02x}", i == 0 ? "" : " ", at(segment + 11 + 3 * i));
  return factors;
}

TEST(EncodeJpeg, KeepsAsMuchOfTheColoursAsItIsTold) {
  std::vector<std::byte> jpeg;
  ASSERT_TRUE(encode_jpeg(ramp({40, 30}), 90, jpeg).ok());
  EXPECT_EQ(sampling_of(jpeg), "22 11 11");
  ASSERT_TRUE(encode_jpeg(ramp({40, 30}), 90, jpeg, Chroma::yuv422).ok());
  EXPECT_EQ(sampling_of(jpeg), "21 11 11");
  ASSERT_TRUE(encode_jpeg(ramp({40, 30}), 90, jpeg, Chroma::yuv444).ok());
  EXPECT_EQ(sampling_of(jpeg), "11 11 11");
  ASSERT_TRUE(encode_jpeg(ramp({40, 30}), 90, jpeg, Chroma::none).ok());
  EXPECT_EQ(sampling_of(jpeg), "11");
}

TEST(EncodeJpeg, RefusesSizesAndQualitiesThatJpegDoesNotHave) {
  std::vector<std::byte> jpeg;
  EXPECT_NE(encode_jpeg({{0, 5}, {}}, 90, jpeg).error().message.find("0x5"), std::string::npos);
  EXPECT_NE(encode_jpeg({{70000, 1}, {}}, 90, jpeg).error().message.find("70000x1"), std::string::npos);
  EXPECT_EQ(encode_jpeg({{70000, 1}, {}}, 90, jpeg).error().code, ErrorCode::invalid_argument);
  EXPECT_NE(encode_jpeg(ramp({2, 2}), 0, jpeg).error().message.find("quality 0"), std::string::npos);
  EXPECT_EQ(encode_jpeg(ramp({2, 2}), 101, jpeg).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace segfleet
