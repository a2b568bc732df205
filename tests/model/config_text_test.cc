// SPDX-License-Identifier: Apache-2.0
#include "model/config_text.h"

#include <gtest/gtest.h>

#include "model/deploy_config.h"

namespace segfleet {
namespace {

DeployConfig read_again(const ModelPackage& package) {
  const std::string text = config_text(package, "inference.onnx");
  const auto config =
      read_deploy_config(text, package.paddlex ? ConfigFile::inference_yml : ConfigFile::deploy_yaml);
  EXPECT_TRUE(config.ok()) << config.error().message << "\n" << text;
  return config.value();
}

std::vector<std::string> described(const std::vector<Transform>& transforms) {
  std::vector<std::string> texts;
  for (const Transform& transform : transforms) texts.push_back(describe(transform));
  return texts;
}

TEST(ConfigText, GivesTheSameConfigurationAgain) {
  ModelPackage package;
  package.input_shape = {-1, 3, -1, 512};
  package.output_op = OutputOp::softmax;
  package.output_dtype = "float32";
  package.transforms = {Resize{{8, 9}, true, 32, Interpolation::cubic},
                        Resize{},
                        ResizeByLong{7},
                        ResizeByShort{7, 99.5},
                        ResizeByShort{7},
                        LimitLong{},
                        LimitLong{9, 3},
                        Padding{{4, 5}, {1, 2.5, 1e-7}},
                        PaddingByAspectRatio{1.5, {0, 0, 0}},
                        Normalize{{0.485, 0.456, 0.406}, {0.229, 1.0 / 3, 1e30}}};
  const DeployConfig config = read_again(package);
  EXPECT_EQ(config.model, "inference.onnx");
  EXPECT_EQ(config.input_shape, package.input_shape);
  EXPECT_EQ(config.output_op, package.output_op);
  EXPECT_EQ(config.output_dtype, package.output_dtype);
  EXPECT_EQ(described(config.transforms), described(package.transforms));
  EXPECT_TRUE(config.warnings.empty());
}

TEST(ConfigText, GivesAnEmptyConfigurationAgain) {
  const DeployConfig config = read_again({});
  EXPECT_TRUE(config.input_shape.empty());
  EXPECT_TRUE(config.transforms.empty());
  EXPECT_FALSE(config.paddlex);
}

TEST(ConfigText, LeavesAnOutputOpUnsaidThatWasUnsaid) {
  ModelPackage package;
  package.output_op_said = false;
  EXPECT_FALSE(read_again(package).output_op_said);
}

TEST(ConfigText, GivesAPaddleXConfigurationAgain) {
  ModelPackage package;
  package.paddlex = true;
  package.transforms = {Resize{{8, 9}, false, 0, Interpolation::cubic, true},
                        Normalize{{0.1, 0.2, 0.3}, {1, 2, 3}, true}};
  const DeployConfig config = read_again(package);
  EXPECT_TRUE(config.paddlex);
  EXPECT_EQ(described(config.transforms), described(package.transforms));
}

}  // namespace
}  // namespace segfleet
