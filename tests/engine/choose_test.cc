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

const std::string kNoConverter = "it needs paddle2onnx: pip install paddle2onnx";
const std::string kNoPython = "/usr/bin/python3 lacks the package segfleet: `pip install .` brings it";

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
             {kOnnx, false, {"cpu"}, {kPaddleCpu, kOrtCpu, kOpenVino}, "", ""},
             "openvino",
             false,
             "OpenVINO runs an ONNX graph on cpu"},
        Good{"CpuXml",
             {kXml, false, {"cpu"}, {kOpenVino}, kNoConverter, ""},
             "openvino",
             false,
             "OpenVINO runs an OpenVINO graph on cpu"},
        Good{"CpuPdmodel",
             {kPaddle, false, {"cpu"}, {kOpenVino, kPaddleCpu}, "", ""},
             "openvino",
             false,
             "OpenVINO runs a Paddle graph (.pdmodel) on cpu"},
        Good{"CpuPir",
             {kPaddle, true, {"cpu"}, {kPaddleCpu, kOpenVino}, "", ""},
             "openvino",
             true,
             "OpenVINO runs a Paddle 3 (PIR) graph on cpu, converted to ONNX"},
        Good{
            "CpuPirWithoutConverter",
            {kPaddle, true, {"cpu"}, {kPaddleCpu, kOpenVino}, kNoConverter, ""},
            "paddle",
            false,
            "Paddle Inference runs a Paddle 3 (PIR) graph on cpu; OpenVINO would need it converted: it needs "
            "paddle2onnx: pip install paddle2onnx"},
        Good{"CpuOnnxWithoutOpenVino",
             {kOnnx, false, {"cpu"}, {kPaddleCpu, kOrtCpu}, kNoConverter, ""},
             "onnxruntime",
             false,
             "ONNX Runtime runs an ONNX graph on cpu"},
        Good{"CpuPdmodelWithoutOpenVino",
             {kPaddle, false, {"cpu"}, {kOrtCpu, kPaddleCpu}, "", ""},
             "paddle",
             false,
             "Paddle Inference runs a Paddle graph (.pdmodel) on cpu"},
        Good{"GpuPaddle",
             {kPaddle, true, {"gpu"}, {kOpenVino, kPaddleGpu, kOrtGpu}, "", ""},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on gpu"},
        Good{"GpuPaddleWithoutGpuPaddle",
             {kPaddle, false, {"gpu"}, {kOpenVino, kPaddleCpu, kOrtGpu}, "", ""},
             "onnxruntime",
             true,
             "ONNX Runtime runs a Paddle graph (.pdmodel) on gpu, converted to ONNX"},
        Good{"GpuOnnx",
             {kOnnx, false, {"gpu"}, {kPaddleGpu, kOrtGpu, kOpenVino}, "", ""},
             "onnxruntime",
             false,
             "ONNX Runtime runs an ONNX graph on gpu"},
        Good{"IntelGpuPdmodel",
             {kPaddle, false, {"gpu"}, {kPaddleCpu, kOrtCpu, kOpenVinoIntel}, "", ""},
             "openvino",
             false,
             "OpenVINO runs a Paddle graph (.pdmodel) on gpu"},
        Good{"IntelGpuPir",
             {kPaddle, true, {"gpu"}, {kPaddleCpu, kOpenVinoIntel}, "", ""},
             "openvino",
             true,
             "OpenVINO runs a Paddle 3 (PIR) graph on gpu, converted to ONNX"},
        Good{"Xpu",
             {kPaddle, true, {"xpu"}, {kOpenVino, kPaddleXpu}, "", ""},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on xpu"},
        Good{"Ascend",
             {kPaddle, false, {"npu"}, {kOpenVinoIntel, kPaddleNpu}, "", ""},
             "paddle",
             false,
             "Paddle Inference runs a Paddle graph (.pdmodel) on npu"},
        Good{"IntelNpu",
             {kOnnx, false, {"npu"}, {kOpenVinoIntel}, "", ""},
             "openvino",
             false,
             "OpenVINO runs an ONNX graph on npu"},
        Good{"GpuAndCpu",
             {kPaddle, true, {"cpu", "gpu"}, {kOpenVino, kPaddleGpu}, "", ""},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on cpu and gpu"},
        Good{"AutoTakesTheCard",
             {kPaddle, true, {}, {kOpenVino, kPaddleGpu}, "", ""},
             "paddle",
             false,
             "Paddle Inference runs a Paddle 3 (PIR) graph on gpu"},
        Good{"AutoWithoutACardTakesTheCpu",
             {kOnnx, false, {}, {kOpenVino, kPaddleGpu}, "", ""},
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
            {kOnnx, false, {"cpu"}, {}, kNoConverter, ""},
            kUnavailable,
            "no installed engine runs an ONNX graph on cpu (no engine is installed): pip install openvino"},
        Bad{"NothingForPir",
            {kPaddle, true, {}, {}, kNoConverter, ""},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on cpu (no engine is installed): pip install "
            "openvino "
            "paddlepaddle paddle2onnx"},
        Bad{"PirWithoutConverter",
            {kPaddle, true, {"cpu"}, {kOpenVino}, kNoConverter, ""},
            kUnavailable,
            "OpenVINO can run a Paddle 3 (PIR) graph on cpu only after a conversion to ONNX: it needs "
            "paddle2onnx: pip install paddle2onnx"},
        Bad{"GpuOnnxWithoutPython",
            {kOnnx, false, {"gpu"}, {kOpenVino}, "", kNoPython},
            kUnavailable,
            "no installed engine runs an ONNX graph on gpu (OpenVINO for cpu is here): /usr/bin/python3 "
            "lacks "
            "the package segfleet: `pip install .` brings it; then pip install onnxruntime-gpu"},
        Bad{"GpuPaddle",
            {kPaddle, true, {"gpu"}, {kOpenVino, kPaddleCpu}, "", ""},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on gpu (OpenVINO for cpu, Paddle Inference for "
            "cpu is "
            "here): pip install paddlepaddle-gpu"},
        Bad{"GpuOnnx",
            {kOnnx, false, {"gpu"}, {kPaddleGpu, kOpenVino}, "", ""},
            kUnavailable,
            "no installed engine runs an ONNX graph on gpu (Paddle Inference for cpu and gpu, OpenVINO for "
            "cpu is "
            "here): pip install onnxruntime-gpu"},
        Bad{"Xpu",
            {kPaddle, true, {"xpu"}, {kOpenVino}, "", ""},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on xpu (OpenVINO for cpu is here): pip install "
            "paddlepaddle-xpu"},
        Bad{"Mlu",
            {kPaddle, true, {"mlu"}, {kPaddleCpu}, "", ""},
            kUnavailable,
            "no installed engine runs a Paddle 3 (PIR) graph on mlu (Paddle Inference for cpu is here): pip "
            "install paddlepaddle paddle-custom-mlu"},
        Bad{"OnnxOnXpu",
            {kOnnx, false, {"xpu"}, {kPaddleXpu}, "", ""},
            ErrorCode::model_unsupported,
            "no engine runs an ONNX graph on xpu; give the model as Paddle saved it, or other --devices"},
        Bad{"UnknownKind",
            {kPaddle, true, {"abacus"}, {kPaddleCpu}, "", ""},
            ErrorCode::model_unsupported,
            "no engine runs a Paddle 3 (PIR) graph on abacus; give the model as Paddle saved it, or other "
            "--devices"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace segfleet
