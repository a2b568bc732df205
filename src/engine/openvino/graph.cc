// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/graph.h"

#include <fmt/format.h>

#include <array>
#include <openvino/frontend/manager.hpp>
#include <openvino/op/identity.hpp>
#include <stdexcept>

#include "engine/openvino/guard.h"

namespace segfleet {
namespace {

std::string port_name(const ov::Output<ov::Node>& port) {
  return port.get_names().empty() ? port.get_node()->get_friendly_name() : port.get_any_name();
}

std::string port_text(const ov::Output<ov::Node>& port) {
  const ov::PartialShape& shape = port.get_partial_shape();
  return fmt::format("'{}' {} {}", port_name(port), port.get_element_type().get_type_name(),
                     shape.rank().is_static() ? to_string(to_shape(shape)) : "of unknown rank");
}

std::string list_of(const std::vector<ov::Output<ov::Node>>& ports) {
  std::string text;
  for (const auto& port : ports) text += (text.empty() ? "" : ", ") + port_text(port);
  return text;
}

Error unsupported(const ModelPackage& package, const std::string& why) {
  return {ErrorCode::model_unsupported, fmt::format("{}: {}", package.graph_path.native(), why)};
}

Status check_input(ov::Model& model, const ModelPackage& package) {
  const auto inputs = model.inputs();
  if (inputs.size() != 1)
    return unsupported(package,
                       fmt::format("the graph has {} inputs ({}); segfleet feeds exactly one, the picture",
                                   inputs.size(), inputs.empty() ? "none" : list_of(inputs)));
  const ov::PartialShape& shape = inputs[0].get_partial_shape();
  const bool picture = shape.rank().is_static() && shape.size() == 4 && shape[1].compatible(3);
  if (!picture || inputs[0].get_element_type() != ov::element::f32)
    return unsupported(package,
                       fmt::format("the graph's input is {}; segfleet feeds f32 Nx3xHxW (RGB pictures)",
                                   port_text(inputs[0])));
  return {};
}

Status check_output(ov::Model& model, const ModelPackage& package) {
  const ov::Output<ov::Node> output = model.output(0);
  const auto rank = output.get_partial_shape().rank();
  const bool real = output.get_element_type().is_real();
  const bool fits = rank.is_static() && (rank.get_length() == 4 || (rank.get_length() == 3 && !real));
  if (!fits)
    return unsupported(
        package,
        fmt::format("output 0 of the graph is {} {}; segfleet needs integer labels NxHxW or scores "
                    "NxCxHxW",
                    output.get_element_type().get_type_name(),
                    rank.is_static() ? to_string(to_shape(output.get_partial_shape())) : "of unknown rank"));
  if (gives_labels(model) && package.output_op != OutputOp::argmax)
    return Error{
        ErrorCode::model_invalid,
        fmt::format("{}: output_op is {}, but the graph's output 0 holds integer labels; set output_op: "
                    "argmax or export the graph without argmax",
                    package.config_path.native(),
                    package.output_op == OutputOp::softmax ? "softmax" : "none")};
  return {};
}

Status check_input_shape(const Shape& graph, const ModelPackage& package) {
  const Shape& said = package.input_shape;
  if (said.empty()) return {};
  bool equal = said.size() == graph.size();
  for (std::size_t i = 0; equal && i < said.size(); ++i)
    equal = said[i] < 0 || graph[i] < 0 || said[i] == graph[i];
  if (equal) return {};
  return Error{
      ErrorCode::model_invalid,
      fmt::format("{}: input_shape is {}, but {} takes {}; export the model again or correct input_shape",
                  package.config_path.native(), to_string(said), package.graph_path.filename().native(),
                  to_string(graph))};
}

Status check_not_pir(const ModelPackage& package) {
  if (!package.pir) return {};
  return unsupported(
      package, fmt::format("{} is a Paddle 3 (PIR) graph, which OpenVINO does not read; `segfleet convert "
                           "{}` makes an ONNX package of it, or run it with --engine paddle",
                           package.graph_path.filename().native(), package.folder.native()));
}

// OpenVINO looks for the weights of GRAPH.pdmodel as GRAPH.pdiparams only.
Status check_paddle_names(const ModelPackage& package) {
  if (package.format != GraphFormat::paddle || package.weights_path.empty()) return {};
  auto expected = package.graph_path;
  expected.replace_extension(".pdiparams");
  if (expected.lexically_normal() == package.weights_path.lexically_normal()) return {};
  return unsupported(package,
                     fmt::format("OpenVINO reads a Paddle graph's weights only from {}, not from {}; rename "
                                 "the file and `params:` in {}",
                                 expected.filename().native(), package.weights_path.filename().native(),
                                 package.config_path.filename().native()));
}

// By the one reader of the package's format: ov::Core would try a broken file with every reader that it has,
// and TensorFlow's prints to stderr.
std::shared_ptr<ov::Model> read_model(const ModelPackage& package) {
  static auto* manager = new ov::frontend::FrontEndManager;       // never destroyed, as ov::Core
  static constexpr std::array kNames = {"onnx", "ir", "paddle"};  // by GraphFormat
  const auto reader = manager->load_by_framework(kNames[static_cast<std::size_t>(package.format)]);
  if (!reader) throw std::runtime_error("this OpenVINO has no reader for the format");
  ov::AnyVector files = {package.graph_path.native()};
  if (package.format == GraphFormat::openvino && !package.weights_path.empty())
    files.emplace_back(package.weights_path.native());
  const auto graph = reader->load(files);
  if (!graph) throw std::runtime_error("the file is missing or is not of its format");
  return reader->convert(graph);
}

// ONNX graphs from Paddle are full of Identity nodes,
// behind which OpenVINO infers no sizes before it compiles.
void remove_identities(ov::Model& model) {
  for (const auto& node : model.get_ordered_ops())
    if (ov::is_type<ov::op::v16::Identity>(node)) node->output(0).replace(node->input_value(0));
}

// Output 0 alone, so that nothing else is computed.
void keep_first_output(Graph& graph) {
  const auto outputs = graph.model->outputs();
  if (outputs.size() == 1) return;
  graph.notes.push_back(
      fmt::format("the graph has {} outputs ({}); output 0 is used, as in PaddleSeg's infer.py",
                  outputs.size(), list_of(outputs)));
  const auto results = graph.model->get_results();
  for (std::size_t i = 1; i < results.size(); ++i) graph.model->remove_result(results[i]);
}

}  // namespace

Shape to_shape(const ov::PartialShape& shape) {
  Shape extents;
  for (const ov::Dimension& extent : shape) extents.push_back(extent.is_static() ? extent.get_length() : -1);
  return extents;
}

bool gives_labels(const ov::Model& model) {
  return !model.output(0).get_element_type().is_real();
}

Result<Graph> read_graph(const ModelPackage& package) {
  SEGFLEET_RETURN_IF_ERROR(check_not_pir(package));
  SEGFLEET_RETURN_IF_ERROR(check_paddle_names(package));
  const std::string action = fmt::format("OpenVINO cannot read {}", package.graph_path.native());
  return guarded(ErrorCode::model_invalid, action, [&]() -> Result<Graph> {
    Graph graph;
    graph.model = read_model(package);
    remove_identities(*graph.model);
    SEGFLEET_RETURN_IF_ERROR(check_input(*graph.model, package));
    if (graph.model->outputs().empty()) return unsupported(package, "the graph has no output");
    keep_first_output(graph);
    SEGFLEET_RETURN_IF_ERROR(check_output(*graph.model, package));
    graph.input_name = port_name(graph.model->input());
    graph.output_name = port_name(graph.model->output());
    graph.input_shape = to_shape(graph.model->input().get_partial_shape());
    graph.input_shape[1] = 3;
    SEGFLEET_RETURN_IF_ERROR(check_input_shape(graph.input_shape, package));
    return graph;
  });
}

}  // namespace segfleet
