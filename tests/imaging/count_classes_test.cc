// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/count_classes.h"

#include <gtest/gtest.h>

#include <random>

namespace segfleet {
namespace {

TEST(CountClasses, SumsUniformAndMixedStretchesAndForgetsWhatWasThere) {
  LabelMap labels{{20, 1}, std::vector<std::uint8_t>(20, 3)};
  labels.labels[9] = 255;
  labels.labels[19] = 0;
  std::array<std::uint64_t, 256> counts;
  counts.fill(77);
  count_classes(labels, counts);
  EXPECT_EQ(counts[3], 18U);
  EXPECT_EQ(counts[255], 1U);
  EXPECT_EQ(counts[0], 1U);
  EXPECT_EQ(counts[1], 0U);
}

TEST(CountClasses, StretchesOfEveryLengthAreCountedByThePixel) {
  LabelMap labels;
  std::array<std::uint64_t, 256> expected{};
  std::mt19937 random(1);
  for (std::size_t length = 1; length < 200; ++length) {
    const auto label = static_cast<std::uint8_t>(random() % 256);
    labels.labels.insert(labels.labels.end(), length, label);
    expected[label] += length;
  }
  labels.size = {static_cast<int>(labels.labels.size()), 1};
  std::array<std::uint64_t, 256> counts;
  count_classes(labels, counts);
  EXPECT_EQ(counts, expected);
}

TEST(CountClasses, AnEmptyMapHasNoPixels) {
  std::array<std::uint64_t, 256> counts;
  counts.fill(5);
  count_classes({}, counts);
  EXPECT_EQ(counts, (std::array<std::uint64_t, 256>{}));
}

}  // namespace
}  // namespace segfleet
