// SPDX-License-Identifier: Apache-2.0
#include "test_graphs.h"

#include <openvino/core/graph_util.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/interpolate.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/softmax.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/topk.hpp>
#include <openvino/runtime/core.hpp>
#include <vector>

#include "engine/openvino/device.h"

namespace segfleet {
namespace {

using Port = ov::Output<ov::Node>;

std::vector<float> random_values(std::size_t count, unsigned seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

template <typename T>
Port constant(const ov::element::Type& type, const ov::Shape& shape, const std::vector<T>& values) {
  return ov::op::v0::Constant::create(type, shape, values);
}

Port convolution(const Port& input, int classes, std::size_t stride) {
  const auto channels = static_cast<std::size_t>(input.get_partial_shape()[1].get_length());
  const ov::Shape shape{static_cast<std::size_t>(classes), channels, 3, 3};
  const Port weights = constant(ov::element::f32, shape, random_values(ov::shape_size(shape), 7));
  return std::make_shared<ov::op::v1::Convolution>(input, weights, ov::Strides{stride, stride},
                                                   ov::CoordinateDiff{1, 1}, ov::CoordinateDiff{1, 1},
                                                   ov::Strides{1, 1});
}

Port upsample(const Port& scores, bool align_corners) {
  using Interpolate = ov::op::v11::Interpolate;
  Interpolate::InterpolateAttrs attributes;
  attributes.mode = Interpolate::InterpolateMode::LINEAR_ONNX;
  attributes.shape_calculation_mode = Interpolate::ShapeCalcMode::SCALES;
  attributes.coordinate_transformation_mode = align_corners
                                                  ? Interpolate::CoordinateTransformMode::ALIGN_CORNERS
                                                  : Interpolate::CoordinateTransformMode::HALF_PIXEL;
  return std::make_shared<Interpolate>(scores, constant<float>(ov::element::f32, {2}, {4.0f, 4.0f}),
                                       constant<int>(ov::element::i32, {2}, {2, 3}), attributes);
}

Port argmax(const Port& scores, bool keep, const ov::element::Type& type) {
  using TopK = ov::op::v11::TopK;
  const auto topk = std::make_shared<TopK>(scores, constant<int>(ov::element::i64, {}, {1}), 1, "max",
                                           "value", ov::element::i64, true);
  Port labels = topk->output(1);
  if (!keep)
    labels = std::make_shared<ov::op::v0::Squeeze>(labels, constant<int>(ov::element::i64, {1}, {1}));
  if (type != ov::element::i64) labels = std::make_shared<ov::op::v0::Convert>(labels, type);
  return labels;
}

Port finish(const Port& scores, GraphEnd end) {
  const auto softmax = [&](std::int64_t axis = 1) {
    return std::make_shared<ov::op::v8::Softmax>(scores, axis);
  };
  switch (end) {
    case GraphEnd::scores:
      return scores;
    case GraphEnd::softmax:
      return softmax();
    case GraphEnd::argmax:
      return argmax(scores, false, ov::element::i32);
    case GraphEnd::argmax_kept:
      return argmax(scores, true, ov::element::i64);
    case GraphEnd::softmax_argmax:
      return argmax(softmax(), false, ov::element::i32);
    case GraphEnd::row_softmax_argmax:
      return argmax(softmax(3), false, ov::element::i32);
    case GraphEnd::upsample_argmax:
      return argmax(upsample(scores, false), false, ov::element::i32);
    case GraphEnd::align_corners_argmax:
      return argmax(upsample(scores, true), false, ov::element::i32);
  }
  return scores;
}

}  // namespace

std::shared_ptr<ov::Model> make_graph(const TinyGraph& tiny) {
  const ov::PartialShape shape(std::vector<ov::Dimension>(tiny.input.begin(), tiny.input.end()));
  const auto input = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, shape);
  input->set_friendly_name("x");
  input->output(0).set_names({"x"});
  const bool enlarged = tiny.end == GraphEnd::upsample_argmax || tiny.end == GraphEnd::align_corners_argmax;
  const Port end = finish(convolution(input, tiny.classes, enlarged ? 4 : 1), tiny.end);
  return std::make_shared<ov::Model>(ov::OutputVector{end}, ov::ParameterVector{input});
}

ModelPackage write_package(const std::shared_ptr<ov::Model>& model, const std::filesystem::path& folder,
                           OutputOp op) {
  ModelPackage package;
  package.folder = folder;
  package.config_path = folder / "deploy.yaml";
  package.graph_path = folder / "graph.xml";
  package.weights_path = folder / "graph.bin";
  package.format = GraphFormat::openvino;
  package.transforms = {Normalize{}};
  package.output_op = op;
  package.fingerprint = "0123456789abcdef0123456789abcdef";
  ov::serialize(model, package.graph_path, package.weights_path);
  return package;
}

ModelPackage tiny_package(const TinyGraph& tiny, const std::filesystem::path& folder, OutputOp op) {
  return write_package(make_graph(tiny), folder, op);
}

Tensor random_pictures(const Shape& shape, unsigned seed) {
  Tensor tensor(ElementType::f32, shape);
  const auto values = random_values(tensor.size_bytes() / sizeof(float), seed);
  std::copy(values.begin(), values.end(), tensor.data<float>());
  return tensor;
}

ov::Tensor reference(const std::shared_ptr<ov::Model>& model, Tensor& pictures) {
  auto compiled =
      openvino_core().compile_model(model, "CPU", {ov::hint::inference_precision(ov::element::f32)});
  auto request = compiled.create_infer_request();
  const Shape& shape = pictures.shape();
  request.set_input_tensor(ov::Tensor(ov::element::f32, {shape.begin(), shape.end()}, pictures.bytes()));
  request.infer();
  return request.get_output_tensor();
}

}  // namespace segfleet
