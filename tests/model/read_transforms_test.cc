// SPDX-License-Identifier: Apache-2.0
#include "model/read_transforms.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

Result<std::vector<Transform>> read(const std::string& list) {
  const auto tree = parse_yaml(list);
  if (!tree.ok()) return tree.error();
  return read_transforms(tree->get());
}

template <typename T>
T only(const std::string& list) {
  const auto transforms = read(list);
  EXPECT_TRUE(transforms.ok()) << transforms.error().message;
  return std::get<T>(transforms.value().at(0));
}

TEST(ReadTransforms, NothingOrAnEmptyListIsNoTransform) {
  EXPECT_TRUE(read_transforms(nullptr)->empty());
  EXPECT_TRUE(read("[]")->empty());
}

TEST(ReadTransforms, TakesPaddleSegsDefaults) {
  const auto resize = only<Resize>("- type: Resize");
  EXPECT_EQ(resize.target, (Size{512, 512}));
  EXPECT_FALSE(resize.keep_ratio);
  EXPECT_EQ(resize.size_divisor, 0);
  EXPECT_EQ(resize.interpolation, Interpolation::linear);
  EXPECT_EQ(only<ResizeByShort>("- {type: ResizeByShort, short_size: 5}").max_size, 1e10);
  EXPECT_EQ(only<LimitLong>("- {type: LimitLong, max_long: null}").max_long, 0);
  EXPECT_EQ(only<Padding>("- {type: Padding, target_size: [3, 4]}").value[2], 127.5);
  EXPECT_EQ(only<PaddingByAspectRatio>("- type: PaddingByAspectRatio").aspect_ratio, 1.0);
  EXPECT_EQ(only<Normalize>("- type: Normalize").std[1], 0.5);
}

TEST(ReadTransforms, ReadsEveryKey) {
  const auto resize = only<Resize>(
      "- {type: Resize, target_size: [1024, 512], keep_ratio: yes, size_divisor: 32, interp: 'AREA'}");
  EXPECT_EQ(resize.target, (Size{1024, 512}));
  EXPECT_TRUE(resize.keep_ratio);
  EXPECT_EQ(resize.size_divisor, 32);
  EXPECT_EQ(resize.interpolation, Interpolation::area);
  EXPECT_EQ(only<ResizeByLong>("- {type: ResizeByLong, long_size: 9}").long_side, 9);
  EXPECT_EQ(only<LimitLong>("- {type: LimitLong, max_long: 9, min_long: 3}").min_long, 3);
  EXPECT_EQ(only<Padding>("- {type: Padding, target_size: [3, 4], im_padding_value: [1, 2, 3]}").value[1], 2);
  const auto normalize = only<Normalize>("- {type: Normalize, mean: [0.485, 0.456, 0.406], std: [.5]}");
  EXPECT_EQ(normalize.mean[2], 0.406);
  EXPECT_EQ(normalize.std[2], 0.5);
}

TEST(ReadTransforms, KeepsTheListsOrder) {
  const auto transforms = read("- type: Normalize\n- type: Resize\n- type: Normalize\n");
  ASSERT_TRUE(transforms.ok());
  ASSERT_EQ(transforms->size(), 3u);
  EXPECT_TRUE(std::holds_alternative<Resize>((*transforms)[1]));
}

struct Bad {
  const char* list;
  ErrorCode code;
  const char* message;
};

class BadTransform : public testing::TestWithParam<Bad> {};

TEST_P(BadTransform, IsNamedInTheError) {
  const auto transforms = read(GetParam().list);
  ASSERT_FALSE(transforms.ok());
  EXPECT_EQ(transforms.error().code, GetParam().code);
  EXPECT_NE(transforms.error().message.find(GetParam().message), std::string::npos)
      << transforms.error().message;
  EXPECT_EQ(transforms.error().message.find('\n'), std::string::npos);
}

constexpr auto kInvalid = ErrorCode::model_invalid;
constexpr auto kUnsupported = ErrorCode::model_unsupported;
INSTANTIATE_TEST_SUITE_P(
    All, BadTransform,
    testing::Values(
        Bad{"a: 1", kInvalid, "transforms must be a list"},
        Bad{"[Resize]", kInvalid, "transform 1 must be a mapping"},
        Bad{"- target_size: [1, 2]", kInvalid, "transform 1: type is missing"},
        Bad{"- type: [Resize]", kInvalid, "transform 1: type must be a text"},
        Bad{"- type: Normalize\n- type: RandomBlur", kUnsupported,
            "line 2: transform 2: type 'RandomBlur' is not supported; supported are Resize, ResizeByLong"},
        Bad{"- {type: Resize, target: [1, 2]}", kInvalid, "transform 1 (Resize): target is no key"},
        Bad{"- {type: Resize, target_size: 512}", kInvalid, "target_size must be a list of whole numbers"},
        Bad{"- {type: Resize, target_size: [512]}", kInvalid, "target_size must be [width, height]"},
        Bad{"- {type: Resize, target_size: [512, 0]}", kInvalid,
            "target_size must be from 1 to 65536, but it is 0"},
        Bad{"- {type: Resize, target_size: [512, -4]}", kInvalid, "but it is -4"},
        Bad{"- {type: Resize, target_size: [512, 65537]}", kInvalid, "but it is 65537"},
        Bad{"- {type: Resize, target_size: [512, 99999999999999999999]}", kInvalid, "must be a whole number"},
        Bad{"- {type: Resize, target_size: [512.0, 512]}", kInvalid,
            "must be a whole number, but it is '512.0'"},
        Bad{"- {type: Resize, target_size: ['512', 512]}", kInvalid,
            "must be a whole number, but it is '512'"},
        Bad{"- {type: Resize, target_size: [~, 512]}", kInvalid, "but it is null"},
        Bad{"- {type: Resize, keep_ratio: 1}", kInvalid, "keep_ratio must be true or false"},
        Bad{"- {type: Resize, keep_ratio: 'true'}", kInvalid, "keep_ratio must be true or false"},
        Bad{"- {type: Resize, size_divisor: -32}", kInvalid, "size_divisor must be from 0"},
        Bad{"- {type: Resize, interp: linear}", kInvalid, "interp is 'linear', but it must be NEAREST"},
        Bad{"- {type: Resize, interp: RANDOM}", kUnsupported, "interp RANDOM gives other pixels"},
        Bad{"- {type: Resize, interp: \"a\\nb\"}", kInvalid, "interp must be a text, but it is 'a?b'"},
        Bad{"- type: ResizeByLong", kInvalid, "transform 1 (ResizeByLong): long_size is missing"},
        Bad{"- {type: ResizeByLong, long_size: 0}", kInvalid, "long_size must be from 1"},
        Bad{"- type: ResizeByShort", kInvalid, "short_size is missing"},
        Bad{"- {type: ResizeByShort, short_size: [256, 512]}", kUnsupported, "short_size is a list"},
        Bad{"- {type: ResizeByShort, short_size: 5, max_size: 0}", kInvalid, "max_size must be from 1"},
        Bad{"- {type: ResizeByShort, short_size: 5, max_size: .inf}", kInvalid,
            "max_size must be a finite number"},
        Bad{"- {type: LimitLong, max_long: 3, min_long: 4}", kInvalid, "min_long is 4, above max_long 3"},
        Bad{"- {type: LimitLong, max_long: 1.5}", kInvalid, "max_long must be a whole number"},
        Bad{"- type: Padding", kInvalid, "target_size is missing"},
        Bad{"- {type: Padding, target_size: [5, 5], im_padding_value: grey}", kInvalid,
            "im_padding_value must be"},
        Bad{"- {type: Padding, target_size: [5, 5], im_padding_value: [1, 2]}", kInvalid, "1 or 3 values"},
        Bad{"- {type: PaddingByAspectRatio, aspect_ratio: 0}", kInvalid, "aspect_ratio must be from"},
        Bad{"- {type: PaddingByAspectRatio, aspect_ratio: nan}", kInvalid,
            "aspect_ratio must be a finite number"},
        Bad{"- {type: Normalize, mean: 0.5}", kInvalid, "mean must be a list of numbers, but it is '0.5'"},
        Bad{"- {type: Normalize, mean: []}", kInvalid, "mean must have 1 or 3 values, but it has 0"},
        Bad{"- {type: Normalize, mean: [.nan, 0, 0]}", kInvalid, "mean must be a finite number"},
        Bad{"- {type: Normalize, std: [0.2, 0, 0.2]}", kInvalid,
            "transform 1 (Normalize): std must not be 0"},
        Bad{"- {type: Normalize, is_scale: true}", kInvalid, "is_scale is no key of this transform"}));

}  // namespace
}  // namespace segfleet
