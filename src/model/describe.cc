// SPDX-License-Identifier: Apache-2.0
// Transforms and output operators as text. The text is part of a package's fingerprint: it names every value
// that is not PaddleSeg's default.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "model/interpolation_names.h"
#include "segfleet/model.h"

namespace segfleet {
namespace {

std::string text_of(const std::array<double, 3>& values) {
  return fmt::format("[{}, {}, {}]", values[0], values[1], values[2]);
}

std::string padding_value(const std::array<double, 3>& value) {
  const bool one = std::all_of(value.begin(), value.end(), [&](double v) { return v == value[0]; });
  return fmt::format("im_padding_value={}", one ? fmt::format("{}", value[0]) : text_of(value));
}

struct Describer {
  std::string operator()(const Resize& resize) const {
    std::string text = fmt::format("Resize(target_size=[{}, {}]", resize.target.width, resize.target.height);
    if (resize.keep_ratio) text += ", keep_ratio=true";
    if (resize.size_divisor > 0) text += fmt::format(", size_divisor={}", resize.size_divisor);
    return text + fmt::format(", interp={}{})", name_of(resize.interpolation),
                              resize.on_bytes ? ", on_bytes=true" : "");
  }
  std::string operator()(const ResizeByLong& resize) const {
    return fmt::format("ResizeByLong(long_size={})", resize.long_side);
  }
  std::string operator()(const ResizeByShort& resize) const {
    std::string text = fmt::format("ResizeByShort(short_size={}", resize.short_side);
    if (resize.max_size != ResizeByShort{}.max_size) text += fmt::format(", max_size={}", resize.max_size);
    return text + ")";
  }
  std::string operator()(const LimitLong& limit) const {
    std::string text;
    if (limit.max_long > 0) text = fmt::format("max_long={}", limit.max_long);
    if (limit.min_long > 0) text += fmt::format("{}min_long={}", text.empty() ? "" : ", ", limit.min_long);
    return fmt::format("LimitLong({})", text);
  }
  std::string operator()(const Padding& padding) const {
    return fmt::format("Padding(target_size=[{}, {}], {})", padding.target.width, padding.target.height,
                       padding_value(padding.value));
  }
  std::string operator()(const PaddingByAspectRatio& padding) const {
    return fmt::format("PaddingByAspectRatio(aspect_ratio={}, {})", padding.aspect_ratio,
                       padding_value(padding.value));
  }
  std::string operator()(const Normalize& normalize) const {
    return fmt::format("Normalize(mean={}, std={}{})", text_of(normalize.mean), text_of(normalize.std),
                       normalize.folded ? ", folded=true" : "");
  }
};

}  // namespace

std::string describe(const Transform& transform) {
  return std::visit(Describer{}, transform);
}

std::string_view name_of(OutputOp op) {
  switch (op) {
    case OutputOp::argmax:
      return "argmax";
    case OutputOp::softmax:
      return "softmax";
    case OutputOp::none:
      return "none";
  }
  return "?";
}

std::string_view name_of(GraphFormat format) {
  switch (format) {
    case GraphFormat::onnx:
      return "onnx";
    case GraphFormat::openvino:
      return "openvino";
    case GraphFormat::paddle:
      return "paddle";
  }
  return "?";
}

}  // namespace segfleet
