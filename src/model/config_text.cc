// SPDX-License-Identifier: Apache-2.0
#include "model/config_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "model/interpolation_names.h"

namespace segfleet {
namespace {

std::string_view interpolation_name(Interpolation interpolation, bool paddlex) {
  return paddlex && interpolation == Interpolation::cubic ? "BICUBIC" : name_of(interpolation);
}

std::string list_of(const Size& size) {
  return fmt::format("[{}, {}]", size.width, size.height);
}

std::string list_of(const std::array<double, 3>& values) {
  return fmt::format("[{}]", fmt::join(values, ", "));
}

// One transform as a YAML mapping in one line.
struct Writer {
  std::string operator()(const Resize& resize) const {
    return fmt::format("{{type: Resize, target_size: {}, keep_ratio: {}, size_divisor: {}, interp: {}}}",
                       list_of(resize.target), resize.keep_ratio, resize.size_divisor,
                       interpolation_name(resize.interpolation, resize.on_bytes));
  }
  std::string operator()(const ResizeByLong& resize) const {
    return fmt::format("{{type: ResizeByLong, long_size: {}}}", resize.long_side);
  }
  std::string operator()(const ResizeByShort& resize) const {
    return fmt::format("{{type: ResizeByShort, short_size: {}, max_size: {}}}", resize.short_side,
                       resize.max_size);
  }
  std::string operator()(const LimitLong& limit) const {
    std::string text = "{type: LimitLong";
    if (limit.max_long > 0) text += fmt::format(", max_long: {}", limit.max_long);
    if (limit.min_long > 0) text += fmt::format(", min_long: {}", limit.min_long);
    return text + "}";
  }
  std::string operator()(const Padding& padding) const {
    return fmt::format("{{type: Padding, target_size: {}, im_padding_value: {}}}", list_of(padding.target),
                       list_of(padding.value));
  }
  std::string operator()(const PaddingByAspectRatio& padding) const {
    return fmt::format("{{type: PaddingByAspectRatio, aspect_ratio: {}, im_padding_value: {}}}",
                       padding.aspect_ratio, list_of(padding.value));
  }
  std::string operator()(const Normalize& normalize) const {
    return fmt::format("{{type: Normalize, mean: {}, std: {}}}", list_of(normalize.mean),
                       list_of(normalize.std));
  }
};

}  // namespace

std::string config_text(const ModelPackage& package, const std::string& graph_name) {
  std::string text = fmt::format("Deploy:\n  model: {}\n", graph_name);
  if (!package.input_shape.empty())
    text += fmt::format("  input_shape: [{}]\n", fmt::join(package.input_shape, ", "));
  // What is not said stays so: a guess would be taken for the exporter's word.
  if (package.output_op_said)
    text += fmt::format("  output_op: {}\n  output_dtype: {}\n", name_of(package.output_op),
                        package.output_dtype);
  text += package.transforms.empty() ? "  transforms: null\n" : "  transforms:\n";
  for (const Transform& transform : package.transforms)
    text += fmt::format("  - {}\n", std::visit(Writer{}, transform));
  if (package.paddlex) text += "Global:\n  model_name: converted\n";
  return text;
}

}  // namespace segfleet
