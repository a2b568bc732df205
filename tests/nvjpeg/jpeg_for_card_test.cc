// SPDX-License-Identifier: Apache-2.0
// Which pictures are a card's to decode.
#include "imaging/nvjpeg/jpeg_for_card.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "imaging/encode/encode.h"
#include "jpeg_bytes.h"

namespace segfleet {
namespace {

bool is_for_card(const std::vector<std::byte>& encoded, const DecodeLimits& limits = {}) {
  return size_for_card(encoded, limits).has_value();
}

TEST(JpegForCard, CommonKindsAreAndTheirSizeIsTold) {
  for (const auto& [width_factor, height_factor] : {std::pair{1, 1}, {2, 1}, {2, 2}}) {
    JpegKind kind;
    kind.width_factor = width_factor;
    kind.height_factor = height_factor;
    EXPECT_EQ(size_for_card(make_jpeg(kind), {}), (Size{61, 45})) << width_factor << height_factor;
  }
  EXPECT_TRUE(is_for_card(make_jpeg({.components = 1, .width_factor = 1, .height_factor = 1})));
  EXPECT_TRUE(is_for_card(make_jpeg({.rows_between_restarts = 1})));
}

TEST(JpegForCard, OtherKindsAreNot) {
  EXPECT_FALSE(is_for_card(make_jpeg({.progressive = true})));
  EXPECT_FALSE(is_for_card(make_jpeg({.components = 4, .width_factor = 1, .height_factor = 1})));
  EXPECT_FALSE(is_for_card(make_jpeg({.width_factor = 4, .height_factor = 1}))) << "4:1:1";
  EXPECT_FALSE(is_for_card(make_jpeg({.width_factor = 1, .height_factor = 2}))) << "4:4:0";
  EXPECT_FALSE(is_for_card(make_jpeg({.width_factor = 1, .height_factor = 1, .rgb = true})));
  for (int orientation = 2; orientation <= 8; ++orientation)
    EXPECT_FALSE(is_for_card(make_jpeg({.orientation = orientation}))) << orientation;
}

TEST(JpegForCard, OtherFormatsAreNot) {
  std::vector<std::byte> png;
  PngEncoder encoder;
  ASSERT_TRUE(encoder.encode(Image{{1, 1}, {1, 2, 3}}, png).ok());
  EXPECT_FALSE(is_for_card(png));
  EXPECT_FALSE(is_for_card({}));
}

TEST(JpegForCard, WhatIsOverALimitIsNot) {
  const std::vector<std::byte> jpeg = make_jpeg({});
  DecodeLimits limits;
  limits.max_pixels = 61 * 45 - 1;
  EXPECT_FALSE(is_for_card(jpeg, limits));
  limits = {};
  limits.max_file_bytes = jpeg.size() - 1;
  EXPECT_FALSE(is_for_card(jpeg, limits));
  limits = {};
  limits.max_side = 60;
  EXPECT_FALSE(is_for_card(jpeg, limits));
}

TEST(JpegForCard, WhatEndsTooEarlyIsNotWhereverItEnds) {
  const std::vector<std::byte> jpeg = make_jpeg({});
  for (std::size_t bytes = 0; bytes < jpeg.size(); ++bytes)
    ASSERT_FALSE(is_for_card({jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(bytes)})) << bytes;
}

bool is_whole(std::initializer_list<int> bytes, std::uint64_t restart_markers = 0) {
  std::vector<std::byte> scan;
  for (const int byte : bytes) scan.push_back(static_cast<std::byte>(byte));
  return scan_is_whole(scan, restart_markers);
}

TEST(JpegForCard, AScanEndsWithTheEndOfThePicture) {
  EXPECT_TRUE(is_whole({1, 2, 3, 0xFF, 0xD9}));
  EXPECT_TRUE(is_whole({1, 0xFF, 0, 2, 0xFF, 0xFF, 0xD9, 7})) << "a byte 0xFF of pixels, and padding";
  EXPECT_FALSE(is_whole({1, 2, 3}));
  EXPECT_FALSE(is_whole({1, 2, 0xFF}));
  EXPECT_FALSE(is_whole({}));
  EXPECT_FALSE(is_whole({1, 0xFF, 0xDA, 2, 0xFF, 0xD9})) << "another scan";
}

TEST(JpegForCard, RestartMarkersAreAllThereInTheirOrder) {
  EXPECT_TRUE(is_whole({1, 0xFF, 0xD0, 2, 0xFF, 0xD1, 3, 0xFF, 0xD9}, 2));
  EXPECT_FALSE(is_whole({1, 0xFF, 0xD0, 2, 0xFF, 0xD1, 3, 0xFF, 0xD9}, 0));
  EXPECT_FALSE(is_whole({1, 0xFF, 0xD0, 2, 0xFF, 0xD1, 3, 0xFF, 0xD9}, 3)) << "the last is missing";
  EXPECT_FALSE(is_whole({1, 0xFF, 0xD0, 2, 0xFF, 0xD2, 3, 0xFF, 0xD9}, 2)) << "one is missing";
}

TEST(JpegForCard, HowManyRestartMarkersBelongIntoAFileIsKnownForEachKind) {
  for (const int factor : {1, 2})
    for (const int components : {1, 3})
      for (const Size size : {Size{61, 45}, {8, 8}, {16, 17}, {9, 160}, {400, 300}}) {
        const JpegKind kind{.size = size,
                            .components = components,
                            .width_factor = factor,
                            .height_factor = factor,
                            .rows_between_restarts = 1};
        EXPECT_TRUE(is_for_card(make_jpeg(kind)))
            << components << " components, " << factor << ", " << size.width << "x" << size.height;
      }
}

}  // namespace
}  // namespace segfleet
