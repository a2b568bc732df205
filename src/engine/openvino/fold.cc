// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/fold.h"

#include <algorithm>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/interpolate.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/softmax.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/transpose.hpp>
#include <openvino/op/util/interpolate_base.hpp>
#include <openvino/op/util/topk_base.hpp>
#include <vector>

namespace segfleet {
namespace {

using Interpolate = ov::op::util::InterpolateBase;
using TopK = ov::op::util::TopKBase;

constexpr int kMostClasses = 256;  // labels are 8 bits

// The TopK(k=1, max, axis 1) whose indices are the graph's output,
// where only conversions and squeezes follow.
std::shared_ptr<TopK> find_argmax(const ov::Model& model) {
  ov::Output<ov::Node> port = model.get_results()[0]->input_value(0);
  while (ov::is_type<ov::op::v0::Convert>(port.get_node()) ||
         ov::is_type<ov::op::v0::Squeeze>(port.get_node()) ||
         ov::is_type<ov::op::v15::Squeeze>(port.get_node()))
    port = port.get_node()->input_value(0);
  auto topk = ov::as_type_ptr<TopK>(port.get_node_shared_ptr());
  if (!topk || port.get_index() != 1 || topk->get_mode() != ov::op::TopKMode::MAX) return nullptr;
  const ov::PartialShape& scores = topk->get_input_partial_shape(0);
  if (scores.rank().is_dynamic() || scores.size() != 4 || topk->get_axis() != 1 || topk->get_k() != 1)
    return nullptr;
  return topk;
}

bool is_softmax_of_classes(const ov::Node& node) {  // of N×C×H×W
  if (const auto* softmax = ov::as_type<const ov::op::v1::Softmax>(&node)) return softmax->get_axis() == 1;
  const auto* softmax = ov::as_type<const ov::op::v8::Softmax>(&node);
  return softmax != nullptr && (softmax->get_axis() == 1 || softmax->get_axis() == -3);
}

bool any_nonzero(const std::vector<std::size_t>& values) {
  return std::ranges::any_of(values, [](std::size_t value) { return value != 0; });
}

// Given by sizes, or by scales that say exactly the same.
bool scale_is_ratio(const Interpolate& node, const ov::Shape& from, const ov::Shape& to) {
  if (node.get_attrs().shape_calculation_mode == Interpolate::ShapeCalcMode::SIZES) return true;
  const std::size_t scales_input = ov::is_type<ov::op::v4::Interpolate>(&node) ? 2 : 1;
  const auto* constant = ov::as_type<const ov::op::v0::Constant>(node.get_input_node_ptr(scales_input));
  if (constant == nullptr) return false;
  const auto scales = constant->cast_vector<float>();
  const std::size_t count = scales.size();
  return count >= 2 && scales[count - 2] * static_cast<float>(from[2]) == static_cast<float>(to[2]) &&
         scales[count - 1] * static_cast<float>(from[3]) == static_cast<float>(to[3]);
}

// The bilinear enlargement of height and width that gives `scores`, where argmax.h computes the same.
std::shared_ptr<Interpolate> find_upsample(const ov::Output<ov::Node>& scores) {
  auto node = ov::as_type_ptr<Interpolate>(scores.get_node_shared_ptr());
  if (!node || !scores.get_partial_shape().is_static() || !node->get_input_partial_shape(0).is_static())
    return nullptr;
  const ov::Shape from = node->get_input_shape(0);
  const ov::Shape& to = scores.get_shape();
  const auto& attributes = node->get_attrs();
  using Coordinates = Interpolate::CoordinateTransformMode;
  const bool linear = attributes.mode == Interpolate::InterpolateMode::LINEAR_ONNX && !attributes.antialias;
  const bool known = attributes.coordinate_transformation_mode == Coordinates::HALF_PIXEL ||
                     attributes.coordinate_transformation_mode == Coordinates::ALIGN_CORNERS;
  const bool padded = any_nonzero(attributes.pads_begin) || any_nonzero(attributes.pads_end);
  const bool enlarges = from[0] == to[0] && from[1] == to[1] && from[2] <= to[2] && from[3] <= to[3];
  if (!linear || !known || padded || !enlarges || !scale_is_ratio(*node, from, to)) return nullptr;
  return node;
}

void replace_output(ov::Model& model, const ov::Output<ov::Node>& port) {
  model.add_results({std::make_shared<ov::op::v0::Result>(port)});
  model.remove_result(model.get_results()[0]);
  model.validate_nodes_and_infer_types();
}

// Scores as the CPU plugin holds them (channels last): as N×C×H×W they would be copied once more, in 42 ms.
ov::Output<ov::Node> channels_last(const ov::Output<ov::Node>& scores) {
  const auto order = ov::op::v0::Constant::create(ov::element::i32, {4}, {0, 2, 3, 1});
  return std::make_shared<ov::op::v1::Transpose>(scores, order);
}

ov::Output<ov::Node> as_type(const ov::Output<ov::Node>& port, const ov::element::Type& type) {
  if (port.get_element_type() == type) return port;
  return std::make_shared<ov::op::v0::Convert>(port, type);
}

Size size_of(const ov::Shape& shape) {
  return {static_cast<int>(shape[3]), static_cast<int>(shape[2])};
}

void cut_before(const std::shared_ptr<TopK>& argmax, FoldedGraph& folded) {
  const ov::Output<ov::Node> scores = argmax->input_value(0);
  if (const auto upsample = find_upsample(scores)) {
    folded.tail = Tail::upsample_argmax;
    folded.scores = size_of(upsample->get_input_shape(0));
    folded.labels = size_of(upsample->get_output_shape(0));
    folded.align_corners = upsample->get_attrs().coordinate_transformation_mode ==
                           Interpolate::CoordinateTransformMode::ALIGN_CORNERS;
    replace_output(*folded.model, as_type(upsample->input_value(0), ov::element::f32));
    return;
  }
  folded.tail = Tail::argmax;
  replace_output(*folded.model, as_type(channels_last(scores), ov::element::f32));
}

// Only types that the engine's interface has: u8, i32 and i64 labels, f32 scores.
void give_known_type(FoldedGraph& folded) {
  const ov::Output<ov::Node> port = folded.model->get_results()[0]->input_value(0);
  ov::element::Type type = port.get_element_type();
  if (type.is_real())
    type = ov::element::f32;
  else if (folded.class_count > 0 && folded.class_count <= kMostClasses)
    type = ov::element::u8;
  else if (type != ov::element::u8 && type != ov::element::i64)
    type = ov::element::i32;
  if (type != port.get_element_type()) replace_output(*folded.model, as_type(port, type));
}

// A graph that gives scores of any kind, as f32.
FoldedGraph scores_of(std::shared_ptr<ov::Model> model) {
  FoldedGraph folded;
  folded.model = std::move(model);
  const ov::PartialShape& shape = folded.model->output().get_partial_shape();
  if (shape.rank().is_static() && shape.size() == 4 && shape[1].is_static())
    folded.class_count = static_cast<int>(shape[1].get_length());
  const ov::Output<ov::Node> port = folded.model->get_results()[0]->input_value(0);
  if (port.get_element_type() != ov::element::f32)
    replace_output(*folded.model, as_type(port, ov::element::f32));
  return folded;
}

}  // namespace

std::optional<FoldedGraph> fold_to_scores(std::shared_ptr<ov::Model> model) {
  const auto argmax = find_argmax(*model);
  if (!argmax && !model->output().get_element_type().is_real()) return std::nullopt;
  if (argmax) {
    const ov::Output<ov::Node> scores = argmax->input_value(0);
    const ov::Node* before = scores.get_node();
    replace_output(*model, is_softmax_of_classes(*before) ? before->input_value(0) : scores);
  }
  return scores_of(std::move(model));
}

FoldedGraph fold_output(std::shared_ptr<ov::Model> model, bool cut) {
  FoldedGraph folded;
  folded.model = std::move(model);
  const auto argmax = find_argmax(*folded.model);
  const ov::PartialShape shape =
      argmax ? argmax->get_input_partial_shape(0) : folded.model->output().get_partial_shape();
  const bool scores = argmax || folded.model->output().get_element_type().is_real();
  if (scores && shape[1].is_static()) folded.class_count = static_cast<int>(shape[1].get_length());
  const bool small = folded.class_count > 0 && folded.class_count <= kMostClasses;
  if (cut && argmax && small && argmax->get_input_element_type(0).is_real())
    cut_before(argmax, folded);
  else
    give_known_type(folded);
  return folded;
}

}  // namespace segfleet
