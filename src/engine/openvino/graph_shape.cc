// SPDX-License-Identifier: Apache-2.0
// The part of graph.h that is about sizes and batches.
#include <fmt/format.h>

#include <openvino/pass/constant_folding.hpp>

#include "engine/openvino/graph.h"
#include "engine/openvino/guard.h"

namespace segfleet {
namespace {

constexpr int kProbeSide = 512;  // networks that want a multiple of 32, 64 or 128 take it

int rounded_up(int side, int divisor) {
  return divisor > 0 ? (side + divisor - 1) / divisor * divisor : side;
}

// What a transform does to "all pictures have this size": nothing means that sizes differ from here on.
struct SizeAfter {
  std::optional<Size> before;
  std::optional<Size> operator()(const Resize& resize) const {
    if (resize.keep_ratio) return std::nullopt;
    return Size{rounded_up(resize.target.width, resize.size_divisor),
                rounded_up(resize.target.height, resize.size_divisor)};
  }
  std::optional<Size> operator()(const Padding& padding) const { return padding.target; }
  std::optional<Size> operator()(const Normalize&) const { return before; }
  template <typename Other>
  std::optional<Size> operator()(const Other&) const {
    return std::nullopt;
  }
};

ov::Dimension extent(int value) {
  return value < 0 ? ov::Dimension::dynamic() : ov::Dimension(value);
}

bool batch_reaches_output(const ov::Model& model, int batch) {
  const ov::PartialShape& shape = model.output(0).get_partial_shape();
  if (shape.rank().is_dynamic() || shape.size() < 3) return false;
  return batch < 0 ? shape[0].is_dynamic() : shape[0].compatible(batch);
}

Error cannot_take(const Graph& graph, int batch, Size size, const std::string& reason) {
  const std::int64_t own = graph.input_shape[0];
  if (own == 1 && batch != 1)
    return {ErrorCode::invalid_argument,
            fmt::format("the graph's batch is fixed at 1 and does not allow another ({}); use --batch 1",
                        reason)};
  const Shape wanted{batch, 3, size.height, size.width};
  return {ErrorCode::model_unsupported,
          fmt::format("the graph takes {} and cannot be given {} ({}); export it with batch -1",
                      to_string(graph.input_shape), to_string(wanted), reason)};
}

}  // namespace

std::optional<Size> fixed_network_size(const std::vector<Transform>& transforms) {
  std::optional<Size> size;
  for (const Transform& transform : transforms) size = std::visit(SizeAfter{size}, transform);
  return size;
}

Result<Size> network_size(const Graph& graph, const ModelPackage& package) {
  const auto height = static_cast<int>(graph.input_shape[2]);
  const auto width = static_cast<int>(graph.input_shape[3]);
  const auto fixed = fixed_network_size(package.transforms);
  if (!fixed) return Size{width, height};
  if ((height >= 0 && height != fixed->height) || (width >= 0 && width != fixed->width))
    return Error{
        ErrorCode::model_invalid,
        fmt::format("{}: the transforms give pictures of {}x{} (width x height), but {} takes {}x{}; make "
                    "the Resize or Padding target_size fit",
                    package.config_path.native(), fixed->width, fixed->height,
                    package.graph_path.filename().native(), width, height)};
  return *fixed;
}

Status check_output_size(const Graph& graph, const ov::Model& model, int batch, Size size,
                         const std::filesystem::path& file) {
  const Shape output = to_shape(model.output().get_partial_shape());
  const auto differs = [](std::int64_t got, int wanted) { return got >= 0 && wanted >= 0 && got != wanted; };
  if (differs(output[output.size() - 2], size.height) || differs(output[output.size() - 1], size.width))
    return Error{ErrorCode::model_unsupported,
                 fmt::format("{}: output 0 '{}' is {} for an input of {}; segfleet needs labels or scores of "
                             "the input's height and width; export the model with its last enlargement",
                             file.native(), graph.output_name, to_string(output),
                             to_string(Shape{batch, 3, size.height, size.width}))};
  if (size.width >= 0 && size.height >= 0) return {};
  const Size probe{size.width < 0 ? kProbeSide : size.width, size.height < 0 ? kProbeSide : size.height};
  const auto closed = with_shape(graph, 1, probe);
  if (!closed.ok()) return {};  // perhaps other sizes are what it takes
  return check_output_size(graph, **closed, 1, probe, file);
}

Result<std::shared_ptr<ov::Model>> with_shape(const Graph& graph, int batch, Size size) {
  const Shape wanted{batch, 3, size.height, size.width};
  auto reshaped =
      guarded(ErrorCode::model_unsupported, "OpenVINO", [&]() -> Result<std::shared_ptr<ov::Model>> {
        auto model = graph.model->clone();
        model->reshape(ov::PartialShape{extent(batch), 3, extent(size.height), extent(size.width)});
        ov::pass::ConstantFolding().run_on_model(model);  // sizes computed from the input's become constants
        return model;
      });
  if (!reshaped.ok()) return cannot_take(graph, batch, size, reshaped.error().message);
  if (!batch_reaches_output(**reshaped, batch))
    return cannot_take(graph, batch, size, "a node inside has its batch built in");
  return reshaped;
}

}  // namespace segfleet
