// SPDX-License-Identifier: Apache-2.0
#include "tune/agreement.h"

#include <gtest/gtest.h>

#include <fstream>

#include "imaging/encode/encode.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

class MasksOfTwoRuns : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(masks_);
    fs::create_directory(reference_);
  }
  // Labels 0, 1, 2, ... row after row; the first `changed` are another class.
  static void write(const fs::path& file, Size size, std::size_t changed) {
    LabelMap map{size, std::vector<std::uint8_t>(std::size_t(size.width) * size.height)};
    for (std::size_t i = 0; i < map.labels.size(); ++i)
      map.labels[i] = static_cast<std::uint8_t>((i < changed ? i + 1 : i) % 256);
    std::vector<std::byte> png;
    ASSERT_TRUE(PngEncoder().encode(map, paddleseg_palette(), png).ok());
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(png.data()), std::ssize(png));
  }
  Agreement compared(const std::vector<std::string>& stems) {
    const Result<Agreement> agreement = agreement_of(masks_, reference_, stems);
    EXPECT_TRUE(agreement.ok()) << agreement.error().message;
    return agreement.ok() ? *agreement : Agreement{};
  }

  TempFolder folder_;
  fs::path masks_ = folder_.path() / "masks";
  fs::path reference_ = folder_.path() / "reference";
};

TEST_F(MasksOfTwoRuns, AgreeInEachPixelOfTheSameClass) {
  write(masks_ / "a.png", {32, 32}, 0);  // every one of the 256 classes
  write(reference_ / "a.png", {32, 32}, 0);
  EXPECT_EQ(compared({"a"}).share, 1);
  write(masks_ / "a.png", {32, 32}, 1);
  EXPECT_DOUBLE_EQ(compared({"a"}).share, 1023.0 / 1024);
}

TEST_F(MasksOfTwoRuns, CountEveryPixelOnceWhateverThePictures) {
  write(masks_ / "small.png", {10, 10}, 100);
  write(reference_ / "small.png", {10, 10}, 0);
  write(masks_ / "large.png", {30, 30}, 0);
  write(reference_ / "large.png", {30, 30}, 0);
  const Agreement agreement = compared({"small", "large"});
  EXPECT_EQ(agreement.pictures, 2u);
  EXPECT_DOUBLE_EQ(agreement.share, 0.9);
}

TEST_F(MasksOfTwoRuns, OfOtherSizesAgreeInNothing) {
  write(masks_ / "a.png", {10, 20}, 0);
  write(reference_ / "a.png", {20, 10}, 0);
  const Agreement agreement = compared({"a"});
  EXPECT_EQ(agreement.pictures, 1u);
  EXPECT_EQ(agreement.share, 0);
}

TEST_F(MasksOfTwoRuns, AreComparedWhereBothHaveOne) {
  write(masks_ / "here.png", {8, 8}, 0);
  write(reference_ / "there.png", {8, 8}, 0);
  EXPECT_EQ(compared({"here", "there", "nowhere"}).pictures, 0u);
}

TEST_F(MasksOfTwoRuns, IsAnErrorWhereOneIsDamaged) {
  write(reference_ / "a.png", {8, 8}, 0);
  std::ofstream(masks_ / "a.png") << "no PNG";
  EXPECT_FALSE(agreement_of(masks_, reference_, {"a"}).ok());
}

}  // namespace
}  // namespace segfleet
