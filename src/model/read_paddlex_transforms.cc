// SPDX-License-Identifier: Apache-2.0
#include "model/read_paddlex_transforms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>

#include "model/interpolation_names.h"
#include "model/yaml_fields.h"

namespace segfleet {
namespace {

constexpr NumberRange kSide{1, 65536};
constexpr NumberRange kLevel{-1e30, 1e30};

struct PaddleXSteps {
  std::optional<Resize> resize;
  bool keeps_size = false;  // a Resize with target_size -1
  std::optional<Normalize> normalize;
};

// In any case of letters, as PaddleX takes it; its CUBIC is called BICUBIC.
Result<Interpolation> read_interpolation(const YamlFields& fields) {
  const auto text = fields.text("interp", "LINEAR");
  if (!text.ok()) return text.error();
  std::string name = *text;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  if (name == "BICUBIC") return Interpolation::cubic;
  const auto known = interpolation_from_name(name);
  if (known && *known != Interpolation::cubic) return *known;
  return fields.invalid(
      "interp", fmt::format("is '{}', but PaddleX takes NEAREST, LINEAR, BICUBIC, AREA or LANCZOS4", *text));
}

// [width, height] or one number for both; nothing for -1, with which PaddleX leaves the size alone.
Result<std::optional<Size>> read_target_size(const YamlFields& fields) {
  const YamlNode* node = fields.find("target_size");
  if (node == nullptr || (node->kind == YamlNode::Kind::scalar && !node->quoted && node->scalar == "-1"))
    return std::optional<Size>();
  if (node->kind != YamlNode::Kind::sequence) {
    const auto side = fields.integer("target_size", 0, kSide);
    if (!side.ok()) return side.error();
    return std::optional<Size>({*side, *side});
  }
  const auto sides = fields.integers("target_size", kSide);
  if (!sides.ok()) return sides.error();
  if (sides->size() != 2)
    return fields.invalid(
        "target_size",
        fmt::format("must be [width, height] or one number, but it has {} values", sides->size()));
  return std::optional<Size>({(*sides)[0], (*sides)[1]});
}

// One number for all channels, or three: PaddleX refuses a list of one.
Result<std::array<double, 3>> read_channels(const YamlFields& fields, std::string_view key) {
  const YamlNode* node = fields.find(key);
  if (node == nullptr || node->kind != YamlNode::Kind::sequence) {
    const auto value = fields.number(key, 0.5, kLevel);
    if (!value.ok()) return value.error();
    return std::array<double, 3>{*value, *value, *value};
  }
  const auto values = fields.numbers(key, kLevel);
  if (!values.ok()) return values.error();
  if (values->size() != 3)
    return fields.invalid(key, fmt::format("must be one number or 3, but it has {}", values->size()));
  return std::array<double, 3>{(*values)[0], (*values)[1], (*values)[2]};
}

bool is_null(const YamlNode& mapping, std::string_view key) {
  const YamlNode* node = mapping.find(key);
  return node != nullptr && node->kind == YamlNode::Kind::null;
}

Status read_resize(const YamlNode& node, const YamlFields& fields, PaddleXSteps& steps) {
  const auto target = read_target_size(fields);
  if (!target.ok()) return target.error();
  // An explicit null is Python's None, not the default.
  const auto keep_ratio = fields.truth("keep_ratio", !is_null(node, "keep_ratio"));
  if (!keep_ratio.ok()) return keep_ratio.error();
  const auto divisor =
      fields.integer("size_divisor", is_null(node, "size_divisor") ? 0 : 32, {0, kSide.most});
  if (!divisor.ok()) return divisor.error();
  const auto interpolation = read_interpolation(fields);
  if (!interpolation.ok()) return interpolation.error();
  steps.keeps_size = !*target;
  if (*target) steps.resize = Resize{**target, *keep_ratio, *divisor, *interpolation, true};
  return {};
}

Status read_normalize(const YamlFields& fields, PaddleXSteps& steps) {
  const auto mean = read_channels(fields, "mean");
  if (!mean.ok()) return mean.error();
  const auto std = read_channels(fields, "std");
  if (!std.ok()) return std.error();
  if (std::find(std->begin(), std->end(), 0.0) != std->end())
    return fields.invalid("std", "must not be 0: pixels are divided by it");
  steps.normalize = Normalize{*mean, *std, true};
  return {};
}

Status read_step(const YamlNode& node, std::size_t number, PaddleXSteps& steps) {
  const std::string place = fmt::format("transform {}", number);
  if (node.kind != YamlNode::Kind::mapping)
    return Error{
        ErrorCode::model_invalid,
        fmt::format("line {}: {} must be a mapping with a type, as `- type: Resize`", node.line, place)};
  const YamlFields nameless(node, place);
  SEGFLEET_RETURN_IF_ERROR(nameless.require("type"));
  const auto type = nameless.text("type", "");
  if (!type.ok()) return type.error();
  const bool resizes = *type == "Resize";
  if (!resizes && *type != "Normalize")
    return nameless.unsupported(
        "type",
        fmt::format("'{}' is not supported: PaddleX's segmentation runs Resize and Normalize alone", *type));
  if (resizes ? steps.resize || steps.keeps_size : steps.normalize.has_value())
    return nameless.invalid(
        "type", fmt::format("'{}' stands here a second time, of which PaddleX would run the last alone: "
                            "remove one",
                            *type));
  const YamlFields fields(node, fmt::format("{} ({})", place, *type));
  const auto unknown =
      resizes ? fields.unknown_keys({"type", "target_size", "keep_ratio", "size_divisor", "interp"})
              : fields.unknown_keys({"type", "mean", "std"});
  if (!unknown.empty())
    return fields.invalid(unknown.front(), "is no key of this transform in PaddleX: remove it");
  return resizes ? read_resize(node, fields, steps) : read_normalize(fields, steps);
}

}  // namespace

Result<std::vector<Transform>> read_paddlex_transforms(const YamlNode* list) {
  if (list == nullptr)
    return Error{
        ErrorCode::model_invalid,
        "Deploy: transforms is missing, and PaddleX needs a Normalize there: add `- type: Normalize`"};
  if (list->kind != YamlNode::Kind::sequence)
    return Error{ErrorCode::model_invalid, fmt::format("line {}: transforms must be a list", list->line)};
  PaddleXSteps steps;
  std::size_t number = 0;
  for (const auto& item : list->items) SEGFLEET_RETURN_IF_ERROR(read_step(*item, ++number, steps));
  if (!steps.normalize)
    return Error{
        ErrorCode::model_invalid,
        fmt::format("line {}: transforms has no Normalize, without which PaddleX stops: add `- type: "
                    "Normalize`",
                    list->line)};
  std::vector<Transform> transforms;
  if (steps.resize) transforms.emplace_back(*steps.resize);
  transforms.emplace_back(*steps.normalize);
  return transforms;
}

}  // namespace segfleet
