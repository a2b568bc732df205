// SPDX-License-Identifier: Apache-2.0
// What the engine gives, against what OpenVINO gives for the unchanged graph.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/result.hpp>

#include "engine/registry.h"
#include "temp_folder.h"
#include "test_graphs.h"

namespace segfleet {
namespace {

class OpenVinoLabels : public testing::Test {
 protected:
  std::unique_ptr<Engine> load(const ModelPackage& package, const EngineOptions& options = {}) {
    const auto factory = open_engine_factory("openvino");
    EXPECT_TRUE(factory.ok()) << factory.error().message;
    auto engine = (*factory)->load(package, options);
    EXPECT_TRUE(engine.ok()) << engine.error().message;
    return engine.ok() ? std::move(*engine) : nullptr;
  }

  // The engine's u8 labels against the unchanged graph's i32 or i64 ones.
  void expect_labels_of_the_graph(const TinyGraph& tiny, std::optional<Size> size = {}) {
    ModelPackage package = tiny_package(tiny, folder_.path());
    if (size) package.transforms = {Resize{*size}, Normalize{}};
    const auto engine = load(package, {.batch = 2});
    ASSERT_NE(engine, nullptr);
    const Size at = size.value_or(Size{28, 20});
    Tensor pictures = random_pictures({2, 3, at.height, at.width});
    Tensor output;
    const Status status = engine->infer(0, pictures.view(), output);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(output.type(), ElementType::u8);
    const ov::Tensor expected = reference(make_graph(tiny), pictures);
    ASSERT_EQ(output.size_bytes(), expected.get_size());
    std::vector<std::uint8_t> labels(expected.get_size());
    for (std::size_t i = 0; i < labels.size(); ++i)
      labels[i] = static_cast<std::uint8_t>(expected.get_element_type() == ov::element::i64
                                                ? expected.data<std::int64_t>()[i]
                                                : expected.data<std::int32_t>()[i]);
    EXPECT_EQ(
        std::vector<std::uint8_t>(output.data<std::uint8_t>(), output.data<std::uint8_t>() + labels.size()),
        labels);
    EXPECT_GT(std::ranges::count(labels, 1), 0) << "a test that tells nothing";
  }

  TempFolder folder_;
};

TEST_F(OpenVinoLabels, ArgmaxAtOpenSize) {
  expect_labels_of_the_graph({.end = GraphEnd::argmax});
}

TEST_F(OpenVinoLabels, ArgmaxAtFixedSize) {
  expect_labels_of_the_graph({.end = GraphEnd::argmax}, Size{28, 20});
}

TEST_F(OpenVinoLabels, ArgmaxThatKeepsItsAxisIsSqueezed) {
  expect_labels_of_the_graph({.end = GraphEnd::argmax_kept}, Size{28, 20});
  expect_labels_of_the_graph({.end = GraphEnd::argmax_kept});
}

TEST_F(OpenVinoLabels, SoftmaxBeforeArgmaxStays) {
  expect_labels_of_the_graph({.end = GraphEnd::softmax_argmax}, Size{28, 20});
}

TEST_F(OpenVinoLabels, EnlargementBeforeArgmax) {
  expect_labels_of_the_graph({.end = GraphEnd::upsample_argmax}, Size{28, 20});
  expect_labels_of_the_graph({.end = GraphEnd::upsample_argmax});
}

TEST_F(OpenVinoLabels, EnlargementWithAlignCorners) {
  expect_labels_of_the_graph({.end = GraphEnd::align_corners_argmax}, Size{28, 20});
}

TEST_F(OpenVinoLabels, ManyClasses) {
  expect_labels_of_the_graph({.end = GraphEnd::upsample_argmax, .classes = 256}, Size{112, 80});
}

TEST_F(OpenVinoLabels, MoreThan256ClassesKeepTheGraphsOwnType) {
  const TinyGraph tiny{.end = GraphEnd::argmax, .classes = 300};
  const auto engine = load(tiny_package(tiny, folder_.path()));
  ASSERT_NE(engine, nullptr);
  EXPECT_EQ(engine->info().class_count, 300);
  EXPECT_EQ(engine->info().output.type, ElementType::i32);
  Tensor pictures = random_pictures({1, 3, 9, 9});
  Tensor output;
  ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
  const ov::Tensor expected = reference(make_graph(tiny), pictures);
  EXPECT_EQ(std::memcmp(output.bytes(), expected.data(), output.size_bytes()), 0);
}

TEST_F(OpenVinoLabels, ScoresComeOutUnchangedWhateverOutputOpSays) {
  for (const OutputOp op : {OutputOp::argmax, OutputOp::softmax, OutputOp::none}) {
    const TinyGraph tiny{.end = GraphEnd::softmax};
    const auto engine = load(tiny_package(tiny, folder_.path(), op));
    ASSERT_NE(engine, nullptr);
    Tensor pictures = random_pictures({1, 3, 9, 11});
    Tensor output;
    ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
    EXPECT_EQ(output.type(), ElementType::f32);
    EXPECT_EQ(output.shape(), (Shape{1, 5, 9, 11}));
    const ov::Tensor expected = reference(make_graph(tiny), pictures);
    EXPECT_EQ(std::memcmp(output.bytes(), expected.data(), output.size_bytes()), 0);
  }
}

// The scores that the graph's argmax is taken of, at the network's size, are those of a graph that ends with
// them.
TEST_F(OpenVinoLabels, ScoresOfAnArgmaxGraphAreThoseBeforeItsArgmax) {
  for (const GraphEnd end :
       {GraphEnd::argmax, GraphEnd::argmax_kept, GraphEnd::softmax_argmax, GraphEnd::scores}) {
    for (const bool fixed : {false, true}) {
      ModelPackage package = tiny_package({.end = end}, folder_.path());
      if (fixed) package.transforms = {Resize{{28, 20}}, Normalize{}};
      const auto engine = load(package, {.batch = 2, .scores = true});
      ASSERT_NE(engine, nullptr);
      EXPECT_EQ(engine->info().output.type, ElementType::f32);
      EXPECT_EQ(engine->info().class_count, 5);
      Tensor pictures = random_pictures({2, 3, 20, 28});
      Tensor output;
      ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
      EXPECT_EQ(output.shape(), (Shape{2, 5, 20, 28}));
      const ov::Tensor expected = reference(make_graph({.end = GraphEnd::scores}), pictures);
      EXPECT_EQ(std::memcmp(output.bytes(), expected.data(), output.size_bytes()), 0);
    }
  }
}

// Else the labels of the scores would be others.
TEST_F(OpenVinoLabels, ASoftmaxOverAnotherAxisThanTheClassesIsNotCut) {
  const auto engine =
      load(tiny_package({.end = GraphEnd::row_softmax_argmax}, folder_.path()), {.scores = true});
  ASSERT_NE(engine, nullptr);
  Tensor pictures = random_pictures({1, 3, 4, 8});
  Tensor output;
  ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
  const float* row = output.data<float>();
  EXPECT_NEAR(std::accumulate(row, row + 8, 0.0f), 1.0f, 1e-5f);
}

TEST_F(OpenVinoLabels, ScoresBeforeAnEnlargementAreEnlarged) {
  const auto engine =
      load(tiny_package({.end = GraphEnd::upsample_argmax}, folder_.path()), {.scores = true});
  ASSERT_NE(engine, nullptr);
  Tensor pictures = random_pictures({1, 3, 20, 28});
  Tensor output;
  ASSERT_TRUE(engine->infer(0, pictures.view(), output).ok());
  EXPECT_EQ(output.shape(), (Shape{1, 5, 20, 28}));
}

TEST_F(OpenVinoLabels, ScoresOfAGraphWithoutAnArgmaxAreRefused) {
  const auto model = make_graph({.end = GraphEnd::argmax});
  const auto labels = model->get_results()[0]->input_value(0);
  const auto zero = ov::op::v0::Constant::create(labels.get_element_type(), {}, {0});
  model->add_results({std::make_shared<ov::op::v0::Result>(std::make_shared<ov::op::v1::Add>(labels, zero))});
  model->remove_result(model->get_results()[0]);
  const auto factory = open_engine_factory("openvino");
  const auto engine = (*factory)->load(write_package(model, folder_.path()), {.scores = true});
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(engine.error().message.find("--output_op none"), std::string::npos) << engine.error().message;
}

TEST_F(OpenVinoLabels, OnlyOutput0OfSeveralIsUsedAndSaidSo) {
  const auto model = make_graph({.end = GraphEnd::argmax});
  model->add_results({std::make_shared<ov::op::v0::Result>(model->get_parameters()[0]->output(0))});
  const auto engine = load(write_package(model, folder_.path()));
  ASSERT_NE(engine, nullptr);
  ASSERT_EQ(engine->info().notes.size(), 1u);
  EXPECT_NE(engine->info().notes[0].find("2 outputs"), std::string::npos);
  EXPECT_EQ(engine->info().output.type, ElementType::u8);
}

TEST_F(OpenVinoLabels, Bf16AgreesWithFp32AlmostEverywhereOrIsRefusedByName) {
  const auto factory = open_engine_factory("openvino");
  const auto package = tiny_package({.end = GraphEnd::argmax}, folder_.path());
  auto bf16 = (*factory)->load(package, {.precision = Precision::bf16});
  if (!bf16.ok()) {
    EXPECT_EQ(bf16.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(bf16.error().message.find("--precision bf16"), std::string::npos);
    return;
  }
  Tensor pictures = random_pictures({1, 3, 64, 64});
  Tensor rounded;
  Tensor exact;
  ASSERT_TRUE((*bf16)->infer(0, pictures.view(), rounded).ok());
  ASSERT_TRUE(load(package)->infer(0, pictures.view(), exact).ok());
  int differing = 0;
  for (std::size_t i = 0; i < exact.size_bytes(); ++i) differing += exact.bytes()[i] != rounded.bytes()[i];
  EXPECT_LT(differing, 64 * 64 / 50);
}

}  // namespace
}  // namespace segfleet
