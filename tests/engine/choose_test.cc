// SPDX-License-Identifier: Apache-2.0
#include "engine/choose.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

const EngineOffer kOpenVino{"openvino", {"cpu"}};
const EngineOffer kOpenVinoIntel{"openvino", {"cpu", "gpu", "npu"}};
const EngineOffer kPaddleCpu{"paddle", {"cpu"}};
const EngineOffer kPaddleGpu{"paddle", {"cpu", "gpu"}};
const EngineOffer kOrtCpu{"onnxruntime", {"cpu"}};
const EngineOffer kOrtGpu{"onnxruntime", {"cpu", "gpu"}};
const EngineOffer kPaddleXpu{"paddle", {"cpu", "xpu"}};
const EngineOffer kPaddleNpu{"paddle", {"cpu", "npu"}};

constexpr auto kOnnx = GraphFormat::onnx;
constexpr auto kXml = GraphFormat::openvino;
constexpr auto kPaddle = GraphFormat::paddle;

struct Good {
  const char* name;
  EngineQuestion question;
  const char* engine;
  bool convert;
  const char* reason;
};

class ChooseEngine : public testing::TestWithParam<Good> {};

TEST_P(ChooseEngine, TakesTheFirstThatFits) {
  const auto choice = choose_engine(GetParam().question);
  ASSERT_TRUE(choice.ok()) << choice.error().message;
  EXPECT_EQ(choice->engine, GetParam().engine);
  EXPECT_EQ(choice->convert, GetParam().convert);
  EXPECT_EQ(choice->reason, GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ChooseEngine,
    testing::Values(
        Good{"CpuOnnx",
             {kOnnx, false, {"cpu"}, {kPaddleCpu, kOrtCpu, kOpenVino}, true},
             "openvino",
             false,
             "OpenVINO runs an ONNX graph on cpu"},
        Good{"CpuXml",
             {kXml, false, {"cpu"}, {kOpenVino}, false},
             "openvino",
             false,
             "OpenVINO runs an OpenVINO graph on cpu"},
        Good{"CpuPdmodel",
             {kPaddle, false, {"cpu"}, {kOpenVino, kPaddleCpu}, true},
             "openvino",
             false,
             "OpenVINO runs a Paddle graph (.pdmodel) on cpu"},
        Good{"CpuPir",
             {kPaddle, true, {"cpu"}, {kPaddleCpu, kOpenVino}, true},
             "openvino",
             true,
             "OpenVINO runs a Paddle 3 (PIR) graph on cpu, converted to ONNX"},
        Good{"CpuPirWithoutConverter",
             {kPaddle, true, {"cpu"}, {kPaddleCpu, kOpenVino}, false},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on cpu; OpenVINO would need it converted, and "
             "paddle2onnx is not installed"},
        Good{"CpuOnnxWithoutOpenVino",
             {kOnnx, false, {"cpu"}, {kPaddleCpu, kOrtCpu}, false},
             "onnxruntime",
             false,
             "ONNX Runtime runs an ONNX graph on cpu"},
        Good{"CpuPdmodelWithoutOpenVino",
             {kPaddle, false, {"cpu"}, {kOrtCpu, kPaddleCpu}, true},
             "paddle",
             false,
             "Paddle Inference runs a Paddle graph (.pdmodel) on cpu"},
        Good{"GpuPaddle",
             {kPaddle, true, {"gpu"}, {kOpenVino, kPaddleGpu, kOrtGpu}, true},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on gpu"},
        Good{"GpuPaddleWithoutGpuPaddle",
             {kPaddle, false, {"gpu"}, {kOpenVino, kPaddleCpu, kOrtGpu}, true},
             "onnxruntime",
             true,
             "ONNX Runtime runs a Paddle graph (.pdmodel) on gpu, converted to ONNX"},
        Good{"GpuOnnx",
             {kOnnx, false, {"gpu"}, {kPaddleGpu, kOrtGpu, kOpenVino}, true},
             "onnxruntime",
             false,
             "ONNX Runtime runs an ONNX graph on gpu"},
        Good{"IntelGpuPdmodel",
             {kPaddle, false, {"gpu"}, {kPaddleCpu, kOrtCpu, kOpenVinoIntel}, true},
             "openvino",
             false,
             "OpenVINO runs a Paddle graph (.pdmodel) on gpu"},
        Good{"IntelGpuPir",
             {kPaddle, true, {"gpu"}, {kPaddleCpu, kOpenVinoIntel}, true},
             "openvino",
             true,
             "OpenVINO runs a Paddle 3 (PIR) graph on gpu, converted to ONNX"},
        Good{"Xpu",
             {kPaddle, true, {"xpu"}, {kOpenVino, kPaddleXpu}, true},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on xpu"},
        Good{"Ascend",
             {kPaddle, false, {"npu"}, {kOpenVinoIntel, kPaddleNpu}, true},
             "paddle",
             false,
             "Paddle Inference runs a Paddle graph (.pdmodel) on npu"},
        Good{"IntelNpu",
             {kOnnx, false, {"npu"}, {kOpenVinoIntel}, true},
             "openvino",
             false,
             "OpenVINO runs an ONNX graph on npu"},
        Good{"GpuAndCpu",
             {kPaddle, true, {"cpu", "gpu"}, {kOpenVino, kPaddleGpu}, true},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on cpu and gpu"},
        Good{"AutoTakesTheCard",
             {kPaddle, true, {}, {kOpenVino, kPaddleGpu}, true},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on gpu"},
        Good{"AutoWithoutACardTakesTheCpu",
             {kOnnx, false, {}, {kOpenVino, kPaddleGpu}, true},
             "openvino",
             false,
             "OpenVINO runs an ONNX graph on cpu"}),
    [](const auto& row) { return row.param.name; });

struct Bad {
  const char* name;
  EngineQuestion question;
  ErrorCode code;
  const char* message;
};

class ChooseNoEngine : public testing::TestWithParam<Bad> {};

TEST_P(ChooseNoEngine, NamesTheMend) {
  const auto choice = choose_engine(GetParam().question);
  ASSERT_FALSE(choice.ok()) << choice->engine;
  EXPECT_EQ(choice.error().code, GetParam().code);
  EXPECT_EQ(choice.error().message, GetParam().message);
}

constexpr auto kUnavailable = ErrorCode::engine_unavailable;
INSTANTIATE_TEST_SUITE_P(
    Table, ChooseNoEngine,
    testing::Values(
        Bad{"Nothing",
            {kOnnx, false, {"cpu"}, {}, false},
            kUnavailable,
            "no installed engine runs an ONNX graph on cpu (no engine is installed): pip install openvino"},
        Bad{"NothingForPir",
            {kPaddle, true, {}, {}, false},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on cpu (no engine is installed): pip install "
            "openvino "
            "paddlepaddle paddle2onnx"},
        Bad{"PirWithoutConverter",
            {kPaddle, true, {"cpu"}, {kOpenVino}, false},
            kUnavailable,
            "OpenVINO can run a Paddle 3 (PIR) graph on cpu only after a conversion to ONNX: pip install "
            "paddlepaddle paddle2onnx"},
        Bad{"GpuPaddle",
            {kPaddle, true, {"gpu"}, {kOpenVino, kPaddleCpu}, true},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on gpu (OpenVINO for cpu, Paddle Inference for "
            "cpu is "
            "here): pip install paddlepaddle-gpu"},
        Bad{"GpuOnnx",
            {kOnnx, false, {"gpu"}, {kPaddleGpu, kOpenVino}, true},
            kUnavailable,
            "no installed engine runs an ONNX graph on gpu (Paddle Inference for cpu and gpu, OpenVINO for "
            "cpu is "
            "here): pip install onnxruntime-gpu"},
        Bad{"Xpu",
            {kPaddle, true, {"xpu"}, {kOpenVino}, true},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on xpu (OpenVINO for cpu is here): pip install "
            "paddlepaddle-xpu"},
        Bad{"Mlu",
            {kPaddle, true, {"mlu"}, {kPaddleCpu}, true},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on mlu (Paddle Inference for cpu is here): pip "
            "install paddlepaddle paddle-custom-mlu"},
        Bad{"OnnxOnXpu",
            {kOnnx, false, {"xpu"}, {kPaddleXpu}, true},
            ErrorCode::model_unsupported,
            "no engine runs an ONNX graph on xpu; give the model as Paddle saved it, or other --devices"},
        Bad{"UnknownKind",
            {kPaddle, true, {"abacus"}, {kPaddleCpu}, true},
            ErrorCode::model_unsupported,
            "no engine runs a Paddle 3 (PIR) graph on abacus; give the model as Paddle saved it, or other "
            "--devices"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace segfleet
