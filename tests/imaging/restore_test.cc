// SPDX-License-Identifier: Apache-2.0
// Behaviour at the edges; masks_test.py compares the numbers with NumPy.
#include "imaging/masks/restore.h"

#include <gtest/gtest.h>

#include <limits>

namespace segfleet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename T>
TensorView view(std::vector<T>& values, ElementType type, const Shape& shape) {
  return {values.data(), type, std::move(shape)};
}

TEST(RestoreLabels, EmptyTraceKeepsTheNetworksSize) {
  std::vector<std::uint8_t> values{1, 2, 3, 4, 5, 6};
  LabelMap labels;
  ASSERT_TRUE(restore_labels(view(values, ElementType::u8, {2, 3}), {}, labels).ok());
  EXPECT_EQ(labels.size, (Size{3, 2}));
  EXPECT_EQ(labels.labels, values);
}

TEST(RestoreLabels, LeadingExtentsOfOneAreIgnored) {
  std::vector<std::int32_t> values{1, 2, 3, 4};
  LabelMap labels;
  ASSERT_TRUE(restore_labels(view(values, ElementType::i32, {1, 1, 2, 2}), {}, labels).ok());
  EXPECT_EQ(labels.labels, (std::vector<std::uint8_t>{1, 2, 3, 4}));
  std::vector<float> scores{0, 1, 1, 0};
  ASSERT_TRUE(restore_labels(view(scores, ElementType::f32, {1, 2, 1, 2}), {}, labels).ok());
  EXPECT_EQ(labels.labels, (std::vector<std::uint8_t>{1, 0}));
}

TEST(RestoreLabels, FirstMaximumWins) {
  std::vector<float> scores{1, 0, 2, 3, 2, 3};  // three classes of two pixels
  LabelMap labels;
  ASSERT_TRUE(restore_labels(view(scores, ElementType::f32, {3, 1, 2}), {}, labels).ok());
  EXPECT_EQ(labels.labels, (std::vector<std::uint8_t>{1, 1}));
}

TEST(RestoreLabels, NanNeverWinsAndNothingFiniteIsClassZero) {
  std::vector<float> scores{kNan, kNan, -kInfinity, 1, kNan, -kInfinity};  // two classes of three pixels
  LabelMap labels;
  ASSERT_TRUE(restore_labels(view(scores, ElementType::f32, {2, 1, 3}), {}, labels).ok());
  EXPECT_EQ(labels.labels, (std::vector<std::uint8_t>{1, 0, 0}));
}

TEST(RestoreLabels, ClassesAbove255Wrap) {
  std::vector<float> scores(300, 0.0F);
  scores[299] = 1;
  LabelMap labels;
  ASSERT_TRUE(restore_labels(view(scores, ElementType::f32, {300, 1, 1}), {}, labels).ok());
  EXPECT_EQ(labels.labels[0], 299 - 256);
}

TEST(RestoreLabels, SecondPictureOfTheSameSizeReusesTheMap) {
  std::vector<std::uint8_t> values(4 * 6, 9);
  LabelMap labels;
  const Trace trace{ResizedFrom{{12, 8}}};
  ASSERT_TRUE(restore_labels(view(values, ElementType::u8, {4, 6}), trace, labels).ok());
  const auto* memory = labels.labels.data();
  ASSERT_TRUE(restore_labels(view(values, ElementType::u8, {4, 6}), trace, labels).ok());
  EXPECT_EQ(labels.labels.data(), memory);
}

// The scores of the second picture lie where those of the first one did.
TEST(RestoreLabels, SecondPictureInTheSameMemoryIsReadAnew) {
  std::vector<float> scores{1, 1, 0,
                            0};  // two classes of one row: few enough to be kept from the first picture
  LabelMap labels;
  const Trace trace{ResizedFrom{{4, 4}}};
  ASSERT_TRUE(restore_labels(view(scores, ElementType::f32, {2, 1, 2}), trace, labels).ok());
  EXPECT_EQ(labels.labels, std::vector<std::uint8_t>(16, 0));
  std::swap_ranges(scores.begin(), scores.begin() + 2, scores.begin() + 2);
  ASSERT_TRUE(restore_labels(view(scores, ElementType::f32, {2, 1, 2}), trace, labels).ok());
  EXPECT_EQ(labels.labels, std::vector<std::uint8_t>(16, 1));
}

TEST(RestoreInPlace, WritesTheMapsAndNothingBesideThem) {
  std::vector<float> scores{0, 2, 0, 0, 0, 9};  // two classes of one row
  const Trace trace{ResizedFrom{{3, 2}}};
  const TensorView output = view(scores, ElementType::f32, {2, 1, 3});
  RestoreOptions options;
  options.confidence = true;
  RestoredPicture expected;
  ASSERT_TRUE(restore_picture(output, trace, options, expected).ok());
  ASSERT_EQ(restored_size(output, trace).value(), (Size{3, 2}));
  std::vector<std::uint8_t> memory(6 + 2 * 6 + 6, 77);
  ASSERT_TRUE(restore_in_place(output, trace, options, {memory.data() + 3, memory.data() + 15}).ok());
  const auto part = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    return std::vector(memory.begin() + first, memory.begin() + last);
  };
  EXPECT_EQ(part(3, 9), expected.labels.labels);
  EXPECT_EQ(part(15, 21), expected.confidence.levels);
  EXPECT_EQ(part(0, 3), std::vector<std::uint8_t>(3, 77));
  EXPECT_EQ(part(9, 15), std::vector<std::uint8_t>(6, 77));
  EXPECT_EQ(part(21, 24), std::vector<std::uint8_t>(3, 77));
}

struct Misfit {
  const char* name;
  ElementType type;
  Shape shape;
  Trace trace;
};

class RestoreLabelsRefuses : public testing::TestWithParam<Misfit> {};

TEST_P(RestoreLabelsRefuses, WithEngineErrorThatNamesTheShape) {
  std::vector<std::int64_t> memory(1000, 0);
  LabelMap labels;
  const Status status =
      restore_labels(view(memory, GetParam().type, GetParam().shape), GetParam().trace, labels);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::engine_error);
  EXPECT_NE(status.error().message.find(to_string(GetParam().shape)), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    , RestoreLabelsRefuses,
    testing::Values(Misfit{"LabelsOfThreeExtents", ElementType::i32, {2, 3, 4}, {}},
                    Misfit{"ScoresOfTwoExtents", ElementType::f32, {3, 4}, {}},
                    Misfit{"ABatchOfTwo", ElementType::f32, {2, 3, 4, 4}, {}},
                    Misfit{"AnEmptyExtent", ElementType::u8, {0, 4}, {}},
                    Misfit{"ACropLargerThanTheOutput", ElementType::u8, {4, 4}, {PaddedFrom{{5, 4}}}},
                    Misfit{"ACropLargerThanTheStepBefore",
                           ElementType::f32,
                           {2, 8, 8},
                           {PaddedFrom{{5, 5}}, ResizedFrom{{4, 4}}}},
                    Misfit{"AnEmptyTarget", ElementType::u8, {4, 4}, {ResizedFrom{{0, 4}}}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace segfleet
