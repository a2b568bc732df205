// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/geometry.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

Size network(const std::vector<Transform>& transforms, Size picture) {
  const auto result = geometry(transforms, picture);
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? result->network : Size{};
}

std::string refusal(const std::vector<Transform>& transforms, Size picture, ErrorCode code) {
  const auto result = geometry(transforms, picture);
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.error().code, code);
  return result.error().message;
}

TEST(Geometry, KeepRatioLooksAtLongAndShortSidesAndRoundsHalfToEven) {
  const Resize resize{{200, 100}, true};
  EXPECT_EQ(network({resize}, {400, 200}), (Size{200, 100}));
  EXPECT_EQ(network({resize}, {200, 400}), (Size{100, 200}));             // whatever the orientation
  EXPECT_EQ(network({Resize{{50, 50}, true}}, {100, 5}), (Size{50, 2}));  // 2.5 to 2
  EXPECT_EQ(network({Resize{{50, 50}, true}}, {100, 7}), (Size{50, 4}));  // 3.5 to 4
}

TEST(Geometry, SizeDivisorRoundsUpAfterKeepRatioAndWithoutIt) {
  EXPECT_EQ(network({Resize{{100, 70}, false, 32}}, {5, 5}), (Size{128, 96}));
  EXPECT_EQ(network({Resize{{100, 100}, true, 32}}, {200, 64}), (Size{128, 32}));
}

TEST(Geometry, ShortSideGivesWayToTheMaximum) {
  EXPECT_EQ(network({ResizeByShort{100, 1e10}}, {400, 200}), (Size{200, 100}));
  EXPECT_EQ(network({ResizeByShort{100, 150}}, {400, 200}), (Size{150, 75}));
}

TEST(Geometry, StickyShortSideOutlivesThePicture) {
  const std::vector<Transform> transforms{ResizeByShort{100, 150}};
  std::vector<int> sticky{0};
  SizeWalk walk;
  ASSERT_TRUE(walk_sizes(transforms, {100, 100}, &sticky, walk).ok());
  EXPECT_EQ(walk.after[0], (Size{100, 100}));
  ASSERT_TRUE(walk_sizes(transforms, {400, 200}, &sticky, walk).ok());
  ASSERT_TRUE(walk_sizes(transforms, {100, 100}, &sticky, walk).ok());
  EXPECT_EQ(walk.after[0], (Size{75, 75}));
}

TEST(Geometry, TraceHoldsTheSizeBeforeEachChange) {
  const std::vector<Transform> transforms{
      LimitLong{},      Normalize{}, ResizeByLong{50}, PaddingByAspectRatio{}, PaddingByAspectRatio{},
      Padding{{60, 60}}};
  const auto result = geometry(transforms, {100, 80});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->network, (Size{60, 60}));
  const Trace expected{ResizedFrom{{100, 80}}, ResizedFrom{{100, 80}}, PaddedFrom{{50, 40}},
                       PaddedFrom{{50, 50}}};
  EXPECT_EQ(result->trace, expected);
}

TEST(Geometry, ASideWithoutPixelsIsRefused) {
  EXPECT_NE(refusal({Resize{{100, 100}, true}}, {4000, 1}, ErrorCode::input_unsupported).find("4000x1"),
            std::string::npos);
  EXPECT_NE(
      refusal({Normalize{}, ResizeByLong{100}}, {1, 4000}, ErrorCode::input_unsupported).find("ResizeByLong"),
      std::string::npos);
  EXPECT_NE(refusal({}, {0, 5}, ErrorCode::input_unsupported), "accepted");
  EXPECT_NE(refusal({PaddingByAspectRatio{1e6}}, {1, 1}, ErrorCode::input_too_large), "accepted");
}

TEST(Geometry, PaddingSmallerThanThePictureIsRefused) {
  const std::string message = refusal({Padding{{100, 90}}}, {100, 91}, ErrorCode::input_unsupported);
  EXPECT_NE(message.find("Padding(target_size=[100, 90]"), std::string::npos) << message;
  EXPECT_NE(message.find("put a resize before it"), std::string::npos) << message;
}

TEST(Geometry, AbsurdSizesAreRefusedWithoutOverflow) {
  EXPECT_NE(
      refusal({ResizeByShort{60000, 1e300}}, {60000, 1}, ErrorCode::input_too_large).find("pixels a side"),
      std::string::npos);
  EXPECT_NE(refusal({Resize{{65536, 65536}}}, {9, 9}, ErrorCode::input_too_large).find("bytes as float32"),
            std::string::npos);
  EXPECT_NE(refusal({Normalize{}}, {60000, 60000}, ErrorCode::input_too_large).find("put a resize"),
            std::string::npos);
  EXPECT_EQ(network({Resize{{512, 512}}}, {65500, 65500}), (Size{512, 512}));
}

}  // namespace
}  // namespace segfleet
