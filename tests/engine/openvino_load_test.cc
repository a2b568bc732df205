// SPDX-License-Identifier: Apache-2.0
// Graphs and packages that cannot be run, and what is said about them.
#include <gtest/gtest.h>

#include <fstream>
#include <openvino/op/add.hpp>
#include <openvino/op/avg_pool.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/result.hpp>

#include "engine/openvino/graph.h"
#include "engine/openvino/guard.h"
#include "engine/registry.h"
#include "temp_folder.h"
#include "test_graphs.h"

namespace segfleet {
namespace {

class OpenVinoLoad : public testing::Test {
 protected:
  Result<std::unique_ptr<Engine>> load(const ModelPackage& package, const EngineOptions& options = {}) {
    return (*open_engine_factory("openvino"))->load(package, options);
  }
  void expect_error(const ModelPackage& package, ErrorCode code, const std::vector<std::string>& parts,
                    const EngineOptions& options = {}) {
    const auto engine = load(package, options);
    ASSERT_FALSE(engine.ok());
    EXPECT_EQ(engine.error().code, code) << engine.error().message;
    for (const auto& part : parts)
      EXPECT_NE(engine.error().message.find(part), std::string::npos)
          << part << " in: " << engine.error().message;
    EXPECT_EQ(engine.error().message.find('\n'), std::string::npos);
  }
  ModelPackage tiny(const TinyGraph& graph, OutputOp op = OutputOp::argmax) {
    return tiny_package(graph, folder_.path(), op);
  }

  TempFolder folder_;
};

std::shared_ptr<ov::Model> two_input_graph() {
  ov::ParameterVector inputs;
  for (const char* name : {"left", "right"}) {
    inputs.push_back(std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{1, 3, 8, 8}));
    inputs.back()->output(0).set_names({name});
  }
  return std::make_shared<ov::Model>(
      ov::OutputVector{std::make_shared<ov::op::v1::Add>(inputs[0], inputs[1])}, inputs);
}

// Its batch is built in: a Reshape to 1×5×(all the rest)×8, as exports with a fixed batch have.
std::shared_ptr<ov::Model> batch_one_graph() {
  const auto model = make_graph({.input = {1, 3, 8, 8}, .end = GraphEnd::scores});
  const auto scores = model->get_results()[0]->input_value(0);
  const auto target = ov::op::v0::Constant::create(ov::element::i64, {4}, {1, 5, -1, 8});
  const auto reshape = std::make_shared<ov::op::v1::Reshape>(scores, target, false);
  return std::make_shared<ov::Model>(ov::OutputVector{reshape}, model->get_parameters());
}

// Its output has half the input's height and width: an export without the last enlargement.
std::shared_ptr<ov::Model> half_size_graph(const Shape& input) {
  const auto model = make_graph({.input = input, .end = GraphEnd::scores});
  const auto half =
      std::make_shared<ov::op::v1::AvgPool>(model->get_results()[0]->input_value(0), ov::Strides{2, 2},
                                            ov::Shape{0, 0}, ov::Shape{0, 0}, ov::Shape{2, 2}, true);
  half->output(0).set_names({"half"});
  return std::make_shared<ov::Model>(ov::OutputVector{half}, model->get_parameters());
}

TEST_F(OpenVinoLoad, AnOutputOfAnotherSizeThanTheInputIsNamed) {
  const auto fixed = write_package(half_size_graph({1, 3, 8, 8}), folder_.path());
  expect_error(fixed, ErrorCode::model_unsupported, {"graph.xml", "'half'", "1x5x4x4", "1x3x8x8", "export"});
  expect_error(fixed, ErrorCode::model_unsupported, {"'half'", "2x5x4x4", "2x3x8x8"}, {.batch = 2});
  const auto open = write_package(half_size_graph({-1, 3, -1, -1}), folder_.path());
  expect_error(open, ErrorCode::model_unsupported, {"'half'", "1x5x256x256", "1x3x512x512"});
}

TEST_F(OpenVinoLoad, TwoInputsAreNamed) {
  expect_error(write_package(two_input_graph(), folder_.path(), OutputOp::none), ErrorCode::model_unsupported,
               {"2 inputs", "'left'", "'right'", "exactly one"});
}

TEST_F(OpenVinoLoad, FourChannelsAreNamed) {
  expect_error(tiny({.input = {-1, 4, -1, -1}}), ErrorCode::model_unsupported, {"f32 ?x4x?x?", "Nx3xHxW"});
}

TEST_F(OpenVinoLoad, AnIntegerInputIsNamed) {
  const auto input = std::make_shared<ov::op::v0::Parameter>(ov::element::u8, ov::PartialShape{1, 3, 8, 8});
  const auto model = std::make_shared<ov::Model>(
      ov::OutputVector{std::make_shared<ov::op::v0::Convert>(input, ov::element::f32)},
      ov::ParameterVector{input});
  expect_error(write_package(model, folder_.path(), OutputOp::none), ErrorCode::model_unsupported,
               {"u8 1x3x8x8", "segfleet feeds f32"});
}

TEST_F(OpenVinoLoad, AnOutputOfAnotherRankIsNamed) {
  const auto scores = make_graph({.input = {1, 3, 8, 8}, .end = GraphEnd::scores});
  const auto target = ov::op::v0::Constant::create(ov::element::i64, {2}, {1, -1});
  const auto flat =
      std::make_shared<ov::op::v1::Reshape>(scores->get_results()[0]->input_value(0), target, false);
  const auto model = std::make_shared<ov::Model>(ov::OutputVector{flat}, scores->get_parameters());
  expect_error(write_package(model, folder_.path()), ErrorCode::model_unsupported, {"f32 1x320", "NxCxHxW"});
}

TEST_F(OpenVinoLoad, LabelsWhereOutputOpWantsScoresContradict) {
  expect_error(tiny({.end = GraphEnd::argmax}, OutputOp::softmax), ErrorCode::model_invalid,
               {"deploy.yaml", "output_op is softmax", "integer labels"});
}

TEST_F(OpenVinoLoad, AnInputShapeThatContradictsTheGraphIsNamed) {
  ModelPackage package = tiny({.input = {-1, 3, 8, 8}});
  package.input_shape = {-1, 3, 16, 8};
  expect_error(package, ErrorCode::model_invalid, {"input_shape", "?x3x16x8", "?x3x8x8"});
  package.input_shape = {3, 8, 8};
  expect_error(package, ErrorCode::model_invalid, {"input_shape", "3x8x8"});
  package.input_shape = {1, 3, -1, 8};
  EXPECT_TRUE(load(package).ok());
}

TEST_F(OpenVinoLoad, TransformsThatContradictTheGraphAreNamed) {
  ModelPackage package = tiny({.input = {-1, 3, 8, 8}});
  package.transforms = {Resize{{8, 16}}, Normalize{}};
  expect_error(package, ErrorCode::model_invalid, {"deploy.yaml", "8x16", "graph.xml", "8x8", "target_size"});
}

TEST_F(OpenVinoLoad, AFixedBatchIsReshapedWhereTheGraphAllows) {
  const auto engine = load(tiny({.input = {1, 3, 8, 8}}), {.batch = 3});
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  Tensor pictures = random_pictures({3, 3, 8, 8});
  Tensor output;
  ASSERT_TRUE((*engine)->infer(0, pictures.view(), output).ok());
  EXPECT_EQ(output.shape(), (Shape{3, 8, 8}));
}

TEST_F(OpenVinoLoad, ABatchThatIsBuiltInAsksForBatch1) {
  const auto package = write_package(batch_one_graph(), folder_.path());
  EXPECT_TRUE(load(package).ok());
  expect_error(package, ErrorCode::invalid_argument, {"fixed at 1", "--batch 1"}, {.batch = 2});
}

TEST_F(OpenVinoLoad, AFileThatIsNoGraphIsInvalid) {
  ModelPackage package = tiny({});
  for (const auto& [name, format] : {std::pair{"graph.xml", GraphFormat::openvino},
                                     {"graph.onnx", GraphFormat::onnx},
                                     {"graph.pdmodel", GraphFormat::paddle}}) {
    package.graph_path = folder_.path() / name;
    package.weights_path.clear();
    package.format = format;
    std::ofstream(package.graph_path) << "this is no graph";
    expect_error(package, ErrorCode::model_invalid, {name});
    std::filesystem::remove(package.graph_path);
    expect_error(package, ErrorCode::model_invalid, {name});
  }
}

TEST_F(OpenVinoLoad, TruncatedWeightsAreInvalid) {
  const ModelPackage package = tiny({});
  std::filesystem::resize_file(package.weights_path, 10);
  expect_error(package, ErrorCode::model_invalid, {"graph.xml"});
}

TEST_F(OpenVinoLoad, PaddleWeightsOfAnotherNameAreExplained) {
  ModelPackage package = tiny({});
  package.format = GraphFormat::paddle;
  package.graph_path = folder_.path() / "model.pdmodel";
  package.weights_path = folder_.path() / "other.pdiparams";
  expect_error(package, ErrorCode::model_unsupported, {"model.pdiparams", "other.pdiparams", "rename"});
}

TEST_F(OpenVinoLoad, APirGraphIsRefusedAndTheConversionIsNamed) {
  ModelPackage package = tiny({});
  package.format = GraphFormat::paddle;
  package.pir = true;
  package.graph_path = folder_.path() / "model.json";
  expect_error(package, ErrorCode::model_unsupported,
               {"model.json", "segfleet convert " + folder_.path().native(), "--engine paddle"});
}

TEST_F(OpenVinoLoad, AnOptionThatSegfleetSetsItselfIsRefused) {
  expect_error(tiny({}), ErrorCode::invalid_argument, {"NUM_STREAMS", "lanes"},
               {.extra = {{"NUM_STREAMS", "3"}}});
}

TEST_F(OpenVinoLoad, AReadOnlyPropertyIsRefused) {
  expect_error(tiny({}), ErrorCode::invalid_argument, {"FULL_DEVICE_NAME"},
               {.extra = {{"FULL_DEVICE_NAME", "x"}}});
}

TEST_F(OpenVinoLoad, AValueThatOpenVinoRefusesIsTheOptionsFault) {
  expect_error(tiny({}), ErrorCode::invalid_argument, {"ENABLE_HYPER_THREADING=perhaps"},
               {.extra = {{"ENABLE_HYPER_THREADING", "perhaps"}}});
}

TEST_F(OpenVinoLoad, AKnownOptionIsTaken) {
  EXPECT_TRUE(load(tiny({}), {.extra = {{"ENABLE_HYPER_THREADING", "NO"}}}).ok());
}

TEST(FixedNetworkSize, FollowsTheTransforms) {
  EXPECT_EQ(fixed_network_size({}), std::nullopt);
  EXPECT_EQ(fixed_network_size({Resize{{64, 32}}, Normalize{}}), (Size{64, 32}));
  EXPECT_EQ(fixed_network_size({Resize{{65, 33}, false, 32}}), (Size{96, 64}));
  EXPECT_EQ(fixed_network_size({Resize{{64, 32}, true}}), std::nullopt);
  EXPECT_EQ(fixed_network_size({Resize{{64, 32}}, ResizeByLong{80}}), std::nullopt);
  EXPECT_EQ(fixed_network_size({ResizeByLong{80}, Padding{{80, 96}}}), (Size{80, 96}));
  EXPECT_EQ(fixed_network_size({Resize{{64, 32}}, LimitLong{32, 0}}), std::nullopt);
}

TEST(OpenVinoMessages, BecomeOneLineWithoutSourcePositions) {
  EXPECT_EQ(tidy_openvino_message(
                "Exception from src/inference/src/cpp/core.cpp:97:\nCheck 'x' failed at y.cpp:3:\n"
                "Unable to read\n  the model\n\n"),
            "Unable to read; the model");
  EXPECT_EQ(tidy_openvino_message(""), "no reason given");
  EXPECT_EQ(openvino_error(ErrorCode::engine_error, "it", "CL_OUT_OF_RESOURCES").code,
            ErrorCode::out_of_memory);
  EXPECT_EQ(guarded(ErrorCode::engine_error, "it", []() -> Status { throw std::bad_alloc(); }).error().code,
            ErrorCode::out_of_memory);
}

}  // namespace
}  // namespace segfleet
