// SPDX-License-Identifier: Apache-2.0
#include "fleet/picture_copy.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace segfleet {
namespace {

constexpr int kWidth = 5;
constexpr int kHeight = 4;

std::vector<std::uint8_t> counting() {
  std::vector<std::uint8_t> values(std::size_t{3} * kWidth * kHeight);
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  return values;
}

std::vector<std::uint8_t> copied(const PictureArray& picture) {
  std::vector<std::byte> place(picture_bytes(picture.size));
  copy_picture(picture, place);
  std::vector<std::uint8_t> values;
  for (const std::byte b : place) values.push_back(std::to_integer<std::uint8_t>(b));
  return values;
}

TEST(PictureCopy, RowsWithoutGapsAreCopiedAsTheyAre) {
  const auto values = counting();
  EXPECT_EQ(copied({values.data(), {kWidth, kHeight}, 3 * kWidth, 3, 1, false}), values);
}

TEST(PictureCopy, RgbIsTurnedIntoBgr) {
  const auto values = counting();
  const auto out = copied({values.data(), {kWidth, kHeight}, 3 * kWidth, 3, 1, true});
  for (std::size_t i = 0; i < out.size(); i += 3) {
    EXPECT_EQ(out[i], values[i + 2]);
    EXPECT_EQ(out[i + 1], values[i + 1]);
    EXPECT_EQ(out[i + 2], values[i]);
  }
}

TEST(PictureCopy, NegativeStepsReadBackwards) {
  const auto values = counting();
  const auto* last = values.data() + 3 * (kWidth * kHeight - 1);
  const auto out = copied({last, {kWidth, kHeight}, -3 * kWidth, -3, 1, false});
  for (int i = 0; i < kWidth * kHeight; ++i) EXPECT_EQ(out[3 * i], values[3 * (kWidth * kHeight - 1 - i)]);
}

TEST(PictureCopy, PlanesAreInterleaved) {
  const auto values = counting();
  const auto out = copied({values.data(), {kWidth, kHeight}, kWidth, 1, kWidth * kHeight, false});
  EXPECT_EQ(out[0], 0);
  EXPECT_EQ(out[1], kWidth * kHeight);
  EXPECT_EQ(out[3], 1);
}

TEST(PictureCopy, APictureWithoutPixelsIsRefused) {
  const std::uint8_t one = 0;
  EXPECT_FALSE(check_picture({nullptr, {1, 1}, 3, 3, 1, false}).ok());
  EXPECT_FALSE(check_picture({&one, {0, 1}, 3, 3, 1, false}).ok());
  EXPECT_FALSE(check_picture({&one, {1 << 20, 1 << 20}, 3, 3, 1, false}).ok());
}

}  // namespace
}  // namespace segfleet
