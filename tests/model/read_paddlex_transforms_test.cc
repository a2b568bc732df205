// SPDX-License-Identifier: Apache-2.0
#include "model/read_paddlex_transforms.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

Result<std::vector<Transform>> read(const std::string& list) {
  const auto tree = parse_yaml(list);
  if (!tree.ok()) return tree.error();
  return read_paddlex_transforms(tree->get());
}

Resize resize(const std::string& entry) {
  const auto transforms = read("- type: Normalize\n- {type: Resize, " + entry + "}\n");
  EXPECT_TRUE(transforms.ok()) << transforms.error().message;
  return std::get<Resize>(transforms.value().at(0));
}

TEST(ReadPaddleXTransforms, ResizeComesFirstWhateverTheListSays) {
  const auto transforms = read("- type: Normalize\n- {type: Resize, target_size: [8, 4]}\n");
  ASSERT_TRUE(transforms.ok()) << transforms.error().message;
  ASSERT_EQ(transforms->size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Resize>((*transforms)[0]));
  EXPECT_TRUE(std::get<Normalize>((*transforms)[1]).folded);
}

TEST(ReadPaddleXTransforms, TakesPaddleXsDefaults) {
  const Resize read = resize("target_size: [8, 4]");
  EXPECT_EQ(read.target, (Size{8, 4}));
  EXPECT_TRUE(read.keep_ratio);
  EXPECT_EQ(read.size_divisor, 32);
  EXPECT_EQ(read.interpolation, Interpolation::linear);
  EXPECT_TRUE(read.on_bytes);
}

TEST(ReadPaddleXTransforms, NullIsPythonsNoneNotTheDefault) {
  const Resize read = resize("target_size: 8, keep_ratio: null, size_divisor: null");
  EXPECT_EQ(read.target, (Size{8, 8}));
  EXPECT_FALSE(read.keep_ratio);
  EXPECT_EQ(read.size_divisor, 0);
}

TEST(ReadPaddleXTransforms, ReadsEveryKey) {
  const Resize read = resize("target_size: [8, 4], keep_ratio: no, size_divisor: 16, interp: Bicubic");
  EXPECT_FALSE(read.keep_ratio);
  EXPECT_EQ(read.size_divisor, 16);
  EXPECT_EQ(read.interpolation, Interpolation::cubic);
  const auto transforms = read_paddlex_transforms(
      parse_yaml("- {type: Normalize, mean: [0.1, 0.2, 0.3], std: 0.25}").value().get());
  ASSERT_TRUE(transforms.ok());
  EXPECT_EQ(std::get<Normalize>(transforms->at(0)).mean[2], 0.3);
  EXPECT_EQ(std::get<Normalize>(transforms->at(0)).std[2], 0.25);
}

TEST(ReadPaddleXTransforms, WithoutATargetSizeTheSizeStays) {
  for (const char* list : {"- type: Normalize", "- {type: Resize}\n- type: Normalize",
                           "- {type: Resize, target_size: -1}\n- type: Normalize"}) {
    const auto transforms = read(list);
    ASSERT_TRUE(transforms.ok()) << transforms.error().message;
    EXPECT_EQ(transforms->size(), 1u) << list;
  }
}

struct Bad {
  const char* list;
  ErrorCode code;
  const char* message;
};

class BadPaddleXTransform : public testing::TestWithParam<Bad> {};

TEST_P(BadPaddleXTransform, IsNamedInTheError) {
  const auto transforms = read(GetParam().list);
  ASSERT_FALSE(transforms.ok());
  EXPECT_EQ(transforms.error().code, GetParam().code);
  EXPECT_NE(transforms.error().message.find(GetParam().message), std::string::npos)
      << transforms.error().message;
  EXPECT_EQ(transforms.error().message.find('\n'), std::string::npos);
}

TEST(ReadPaddleXTransforms, NoListIsInvalid) {
  const auto transforms = read_paddlex_transforms(nullptr);
  ASSERT_FALSE(transforms.ok());
  EXPECT_EQ(transforms.error().code, ErrorCode::model_invalid);
}

constexpr auto kInvalid = ErrorCode::model_invalid;
INSTANTIATE_TEST_SUITE_P(
    All, BadPaddleXTransform,
    testing::Values(
        Bad{"a: 1", kInvalid, "transforms must be a list"}, Bad{"[]", kInvalid, "has no Normalize"},
        Bad{"- {type: Resize, target_size: 8}", kInvalid, "has no Normalize"},
        Bad{"[Resize]", kInvalid, "transform 1 must be a mapping"},
        Bad{"- {mean: 0.5}", kInvalid, "transform 1: type is missing"},
        Bad{"- type: Normalize\n- {type: ResizeByLong, long_size: 8}", ErrorCode::model_unsupported,
            "line 2: transform 2: type 'ResizeByLong' is not supported: PaddleX's segmentation runs Resize "
            "and "
            "Normalize alone"},
        Bad{"- type: Normalize\n- type: Normalize", kInvalid, "'Normalize' stands here a second time"},
        Bad{"- type: Resize\n- {type: Resize, target_size: 8}", kInvalid,
            "'Resize' stands here a second time"},
        Bad{"- {type: Resize, target_size: 8}\n- type: Resize", kInvalid,
            "'Resize' stands here a second time"},
        Bad{"- {type: Resize, target_size: [-1, -1]}", kInvalid, "target_size must be from 1"},
        Bad{"- {type: Resize, target_size: [8]}", kInvalid, "must be [width, height] or one number"},
        Bad{"- {type: Resize, target_size: '-1'}", kInvalid, "target_size must be a whole number"},
        Bad{"- {type: Resize, target_size: 0}", kInvalid, "target_size must be from 1"},
        Bad{"- {type: Resize, keep_ratio: 1}", kInvalid, "keep_ratio must be true or false"},
        Bad{"- {type: Resize, size_divisor: 1.5}", kInvalid, "size_divisor must be a whole number"},
        Bad{"- {type: Resize, interp: CUBIC}", kInvalid, "PaddleX takes NEAREST, LINEAR, BICUBIC"},
        Bad{"- {type: Resize, backend: pil}", kInvalid, "backend is no key of this transform in PaddleX"},
        Bad{"- {type: Normalize, mean: [0.5]}", kInvalid, "mean must be one number or 3, but it has 1"},
        Bad{"- {type: Normalize, mean: grey}", kInvalid, "mean must be a finite number"},
        Bad{"- {type: Normalize, std: [0.2, 0, 0.2]}", kInvalid, "std must not be 0"},
        Bad{"- {type: Normalize, scale: 1}", kInvalid, "scale is no key of this transform in PaddleX"}));

}  // namespace
}  // namespace segfleet
