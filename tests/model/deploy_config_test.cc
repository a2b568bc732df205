// SPDX-License-Identifier: Apache-2.0
#include "model/deploy_config.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

constexpr auto kInvalid = ErrorCode::model_invalid;

// As PaddleSeg 2.9's export writes it.
constexpr const char* kExported = R"(Deploy:
  input_shape:
  - null
  - 3
  - null
  - 512
  model: model.pdmodel
  output_dtype: int32
  output_op: argmax
  params: model.pdiparams
  transforms:
  - target_size:
    - 512
    - 512
    type: Resize
  - type: Normalize
Global:
  model_name: PP-LiteSeg-T
)";

TEST(DeployConfig, ReadsWhatPaddleSegExports) {
  const auto config = read_deploy_config(kExported);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->model, "model.pdmodel");
  EXPECT_EQ(config->params, "model.pdiparams");
  EXPECT_EQ(config->input_shape, (Shape{-1, 3, -1, 512}));
  EXPECT_EQ(config->transforms.size(), 2u);
  EXPECT_EQ(config->output_op, OutputOp::argmax);
  EXPECT_EQ(config->output_dtype, "int32");
  EXPECT_TRUE(config->warnings.empty());
}

TEST(DeployConfig, ReadsOldExportsWithoutOutputOpAndWarns) {
  const auto config = read_deploy_config("Deploy: {model: m.pdmodel, params: m.pdiparams, transforms: null}");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->output_op, OutputOp::argmax);
  EXPECT_EQ(config->output_dtype, "int32");
  EXPECT_TRUE(config->transforms.empty());
  EXPECT_TRUE(config->input_shape.empty());
  ASSERT_EQ(config->warnings.size(), 1u);
  EXPECT_NE(config->warnings[0].find("output_op"), std::string::npos);
}

TEST(DeployConfig, TakesMinusOneAndNoneForOpenExtents) {
  const auto config =
      read_deploy_config("Deploy: {model: m.onnx, output_op: none, input_shape: [1, -1, None, ~]}");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->input_shape, (Shape{1, -1, -1, -1}));
  EXPECT_EQ(config->output_op, OutputOp::none);
  EXPECT_EQ(config->output_dtype, "float32");
}

TEST(DeployConfig, WarnsOfUnknownKeys) {
  const auto config =
      read_deploy_config("Deploy: {model: m.onnx, output_op: softmax, backend: trt}\nExtra: 1\n");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->warnings, (std::vector<std::string>{"the key Deploy.backend is unknown and has no effect",
                                                        "the key Extra is unknown and has no effect"}));
}

// As PaddleX 3 writes it; PaddleSeg's --for_fd writes the same without Global and Hpi.
constexpr const char* kInferenceYml = R"(Deploy:
  input_shape: [null, 3, null, null]
  model: inference.pdmodel
  output_dtype: int32
  output_op: argmax
  params: inference.pdiparams
  transforms:
  - type: Normalize
  - target_size: [1024, 512]
    type: Resize
)";
constexpr const char* kGlobal = "Global: {model_name: PP-LiteSeg-T}\nHpi: {backend_configs: {}}\n";

TEST(DeployConfig, AnInferenceYmlWithAModelNameIsPaddleXs) {
  const auto config = read_deploy_config(std::string(kInferenceYml) + kGlobal, ConfigFile::inference_yml);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_TRUE(config->paddlex);
  EXPECT_TRUE(config->model.empty());
  ASSERT_EQ(config->transforms.size(), 2u);
  EXPECT_EQ(
      describe(config->transforms[0]),
      "Resize(target_size=[1024, 512], keep_ratio=true, size_divisor=32, interp=LINEAR, on_bytes=true)");
  EXPECT_TRUE(std::get<Normalize>(config->transforms[1]).folded);
  EXPECT_TRUE(config->warnings.empty());
}

TEST(DeployConfig, AnInferenceYmlWithoutAModelNameIsPaddleSegs) {
  for (const char* global : {"", "Global: {}\n", "Global:\n"}) {
    const auto config = read_deploy_config(std::string(kInferenceYml) + global, ConfigFile::inference_yml);
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_FALSE(config->paddlex);
    EXPECT_EQ(config->model, "inference.pdmodel");
    ASSERT_EQ(config->transforms.size(), 2u);
    EXPECT_EQ(describe(config->transforms[1]), "Resize(target_size=[1024, 512], interp=LINEAR)");
  }
}

TEST(DeployConfig, AModelNameInADeployYamlChangesNothing) {
  const auto config = read_deploy_config(std::string(kInferenceYml) + kGlobal);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_FALSE(config->paddlex);
}

TEST(DeployConfig, PaddleXScoresAreReported) {
  const auto config =
      read_deploy_config("Deploy: {output_op: softmax, transforms: [{type: Normalize}]}\nPostProcess: {}\n" +
                             std::string(kGlobal),
                         ConfigFile::inference_yml);
  ASSERT_TRUE(config.ok()) << config.error().message;
  ASSERT_EQ(config->warnings.size(), 2u);
  EXPECT_NE(config->warnings[0].find("which PaddleX itself cannot restore"), std::string::npos);
  EXPECT_NE(config->warnings[1].find("the key PostProcess is unknown"), std::string::npos);
}

TEST(DeployConfig, OtherTasksOfPaddleXAreNamed) {
  const auto refusal = [](const std::string& text) {
    const auto config = read_deploy_config(text, ConfigFile::inference_yml);
    if (config.ok()) return std::string("accepted");
    EXPECT_EQ(config.error().code, ErrorCode::model_unsupported);
    return config.error().message;
  };
  EXPECT_NE(refusal("PreProcess: {transform_ops: []}\nPostProcess: {Topk: {topk: 5}}\n").find("other tasks"),
            std::string::npos);
  EXPECT_NE(
      refusal("Deploy: {transforms: [{type: Normalize}]}\nGlobal: {model_name: STFPM}\n").find("anomaly"),
      std::string::npos);
}

TEST(DeployConfig, AModelNameThatIsNoTextIsInvalid) {
  const auto config = read_deploy_config(std::string(kInferenceYml) + "Global: {model_name: [a]}\n",
                                         ConfigFile::inference_yml);
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, kInvalid);
  EXPECT_NE(config.error().message.find("Global: model_name must be a text"), std::string::npos);
}

struct Bad {
  const char* name;
  std::string text;
  ErrorCode code;
  const char* message;
};

class BadDeployConfig : public testing::TestWithParam<Bad> {};

TEST_P(BadDeployConfig, IsNamedInTheError) {
  const auto config = read_deploy_config(GetParam().text);
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, GetParam().code);
  EXPECT_NE(config.error().message.find(GetParam().message), std::string::npos) << config.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadDeployConfig,
    testing::Values(
        Bad{"Empty", "", kInvalid, "empty"}, Bad{"Blank", " \n\n", kInvalid, "empty"},
        Bad{"Binary",
            std::string("\x7f"
                        "ELF\0\0",
                        6),
            kInvalid, "binary"},
        Bad{"Utf16",
            std::string("\xff\xfe"
                        "D\0e\0",
                        6),
            kInvalid, "binary"},
        Bad{"Text", "just words", kInvalid, "no Deploy section"},
        Bad{"List", "[1, 2]", kInvalid, "no Deploy section"},
        Bad{"DeployIsNull", "Deploy:", kInvalid, "no Deploy section"},
        Bad{"DeployIsAList", "Deploy: [1]", kInvalid, "no Deploy section"},
        Bad{"NoModel", "Deploy: {params: p}", kInvalid, "Deploy: model is missing"},
        Bad{"ModelIsAList", "Deploy: {model: [a]}", kInvalid, "Deploy: model must be a text"},
        Bad{"ModelIsEmpty", "Deploy: {model: ''}", kInvalid, "Deploy: model must be a text"},
        Bad{"ShapeOfThree", "Deploy: {model: m.onnx, input_shape: [1, 3, 5]}", kInvalid, "list of 4 extents"},
        Bad{"ShapeIsAWord", "Deploy: {model: m.onnx, input_shape: any}", kInvalid, "list of 4 extents"},
        Bad{"ShapeOfZero", "Deploy: {model: m.onnx, input_shape: [1, 3, 0, 5]}", kInvalid,
            "input_shape must be from 1"},
        Bad{"ShapeOfWords", "Deploy: {model: m.onnx, input_shape: [1, 3, x, 5]}", kInvalid,
            "must be a whole number"},
        Bad{"OneChannel", "Deploy: {model: m.onnx, input_shape: [1, 1, 5, 5]}", ErrorCode::model_unsupported,
            "has 1 channels"},
        Bad{"OutputOp", "Deploy: {model: m.onnx, output_op: sigmoid}", kInvalid,
            "must be argmax, softmax or none"},
        Bad{"OutputType", "Deploy: {model: m.onnx, output_op: none, output_dtype: f16}", kInvalid,
            "output_dtype is 'f16'"},
        Bad{"Transforms", "Deploy: {model: m.onnx, transforms: Resize}", kInvalid,
            "transforms must be a list"}),
    [](const auto& bad) { return bad.param.name; });

}  // namespace
}  // namespace segfleet
