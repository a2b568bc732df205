// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "segfleet/model.h"

namespace segfleet {
namespace {

TEST(Describe, NamesWhatIsNotPaddleSegsDefault) {
  EXPECT_EQ(describe(Resize{{1024, 512}}), "Resize(target_size=[1024, 512], interp=LINEAR)");
  EXPECT_EQ(describe(Resize{{8, 9}, true, 32, Interpolation::area}),
            "Resize(target_size=[8, 9], keep_ratio=true, size_divisor=32, interp=AREA)");
  EXPECT_EQ(describe(Resize{{8, 9}, false, 0, Interpolation::linear, true}),
            "Resize(target_size=[8, 9], interp=LINEAR, on_bytes=true)");
  EXPECT_EQ(describe(ResizeByLong{7}), "ResizeByLong(long_size=7)");
  EXPECT_EQ(describe(ResizeByShort{7}), "ResizeByShort(short_size=7)");
  EXPECT_EQ(describe(ResizeByShort{7, 99}), "ResizeByShort(short_size=7, max_size=99)");
  EXPECT_EQ(describe(LimitLong{}), "LimitLong()");
  EXPECT_EQ(describe(LimitLong{9, 3}), "LimitLong(max_long=9, min_long=3)");
  EXPECT_EQ(describe(LimitLong{0, 3}), "LimitLong(min_long=3)");
  EXPECT_EQ(describe(Padding{{4, 5}}), "Padding(target_size=[4, 5], im_padding_value=127.5)");
  EXPECT_EQ(describe(PaddingByAspectRatio{1.5, {1, 2, 3}}),
            "PaddingByAspectRatio(aspect_ratio=1.5, im_padding_value=[1, 2, 3])");
  EXPECT_EQ(describe(Normalize{}), "Normalize(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5])");
}

TEST(Describe, NamesGraphFormats) {
  EXPECT_EQ(name_of(GraphFormat::onnx), "onnx");
  EXPECT_EQ(name_of(GraphFormat::openvino), "openvino");
  EXPECT_EQ(name_of(GraphFormat::paddle), "paddle");
}

TEST(Describe, NamesOutputOperators) {
  EXPECT_EQ(name_of(OutputOp::argmax), "argmax");
  EXPECT_EQ(name_of(OutputOp::softmax), "softmax");
  EXPECT_EQ(name_of(OutputOp::none), "none");
}

}  // namespace
}  // namespace segfleet
