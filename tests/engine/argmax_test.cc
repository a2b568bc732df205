// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/argmax.h"

#include <gtest/gtest.h>

#include <limits>

namespace segfleet {
namespace {

TEST(Argmax, TheFirstMaximumWins) {
  const std::vector<float> scores = {1, 3, 3, 2, 2, 2, -5, -4, -3, 0, -0.0f, 0};
  std::vector<std::uint8_t> labels(4);
  argmax_channels_last(scores.data(), 4, 3, labels.data());
  EXPECT_EQ(labels, (std::vector<std::uint8_t>{1, 0, 2, 0}));
}

TEST(Argmax, HandlesOneClassAndAllOf256) {
  std::vector<float> scores(256, 0.0f);
  scores[255] = 1.0f;
  std::uint8_t label = 7;
  argmax_channels_last(scores.data(), 1, 1, &label);
  EXPECT_EQ(label, 0);
  argmax_channels_last(scores.data(), 1, 256, &label);
  EXPECT_EQ(label, 255);
}

TEST(Argmax, NanNeverWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> scores = {nan, -9, -8, 1, nan, 0, nan, nan, nan, -infinity, nan, -infinity};
  std::vector<std::uint8_t> labels(4, 7);
  argmax_channels_last(scores.data(), 4, 3, labels.data());
  EXPECT_EQ(labels, (std::vector<std::uint8_t>{2, 0, 0, 0}));
}

TEST(LinearSamples, HalfPixelClampsAtTheBorders) {
  const auto samples = linear_samples(2, 4, false);
  EXPECT_EQ(samples[0].low, 0);
  EXPECT_FLOAT_EQ(samples[0].weight, 0.0f);
  EXPECT_FLOAT_EQ(samples[1].weight, 0.25f);
  EXPECT_FLOAT_EQ(samples[2].weight, 0.75f);
  EXPECT_EQ(samples[3].low, 1);
  EXPECT_EQ(samples[3].high, 1);
}

TEST(LinearSamples, AlignCornersMeetsBothEnds) {
  const auto samples = linear_samples(3, 5, true);
  EXPECT_EQ(samples[0].low, 0);
  EXPECT_FLOAT_EQ(samples[1].weight, 0.5f);
  EXPECT_EQ(samples[4].low, 2);
  EXPECT_FLOAT_EQ(samples[4].weight, 0.0f);
  EXPECT_EQ(linear_samples(3, 1, true)[0].low, 0);
}

TEST(UpsampleArgmax, TiesGoToTheFirstClassEverywhere) {
  const std::vector<float> scores(3 * 2 * 2, 0.3f);
  const UpsampleArgmax upsample(3, 2, 2, 300, 300, false);
  std::vector<std::uint8_t> labels(300 * 300, 9);
  UpsampleArgmax::Scratch scratch;
  upsample.run(scores.data(), 0, 300, labels.data(), scratch);
  EXPECT_EQ(labels, std::vector<std::uint8_t>(300 * 300, 0));
}

TEST(UpsampleArgmax, NanNeverWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const UpsampleArgmax upsample(2, 1, 1, 2, 150, false);
  std::vector<std::uint8_t> labels(300, 9);
  UpsampleArgmax::Scratch scratch;
  upsample.run(std::vector<float>{nan, -5}.data(), 0, 2, labels.data(), scratch);
  EXPECT_EQ(labels, std::vector<std::uint8_t>(300, 1));
}

TEST(UpsampleArgmax, RowsInPartsAndARepeatedRunGiveTheSame) {
  std::vector<float> scores(4 * 5 * 7);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>((i * 37) % 101);
  const UpsampleArgmax upsample(4, 5, 7, 20, 300, false);
  std::vector<std::uint8_t> whole(20 * 300);
  std::vector<std::uint8_t> parts(20 * 300);
  UpsampleArgmax::Scratch scratch;
  upsample.run(scores.data(), 0, 20, whole.data(), scratch);
  for (const auto& [first, last] : {std::pair{13, 20}, std::pair{0, 13}})
    upsample.run(scores.data(), first, last, parts.data(), scratch);
  EXPECT_EQ(whole, parts);
}

TEST(UpsampleArgmax, AnotherItemDoesNotSeeTheRowsOfTheLast) {
  const UpsampleArgmax upsample(2, 2, 2, 8, 8, false);  // both source rows stay in the scratch
  std::vector<std::uint8_t> labels(64);
  UpsampleArgmax::Scratch scratch;
  upsample.run(std::vector<float>{1, 1, 1, 1, 0, 0, 0, 0}.data(), 0, 8, labels.data(), scratch);
  EXPECT_EQ(labels, std::vector<std::uint8_t>(64, 0));
  upsample.run(std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1}.data(), 0, 8, labels.data(), scratch);
  EXPECT_EQ(labels, std::vector<std::uint8_t>(64, 1));
}

}  // namespace
}  // namespace segfleet
