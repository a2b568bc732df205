// SPDX-License-Identifier: Apache-2.0
#include "model/read_transforms.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <string_view>

#include "model/interpolation_names.h"
#include "model/yaml_fields.h"

namespace segfleet {
namespace {

constexpr NumberRange kSide{1, 65536};
constexpr NumberRange kFactor{1e-6, 1e6};
constexpr NumberRange kPixelValue{-1e6, 1e6};

Result<Size> read_target_size(const YamlFields& fields, const Size& fallback) {
  if (fields.find("target_size") == nullptr) return fallback;
  const auto values = fields.integers("target_size", kSide);
  if (!values.ok()) return values.error();
  if (values->size() != 2)
    return fields.invalid("target_size",
                          fmt::format("must be [width, height], but it has {} values", values->size()));
  return Size{(*values)[0], (*values)[1]};
}

Result<Interpolation> read_interpolation(const YamlFields& fields) {
  const auto name = fields.text("interp", "LINEAR");
  if (!name.ok()) return name.error();
  if (const auto known = interpolation_from_name(*name)) return *known;
  if (*name == "RANDOM")
    return fields.unsupported("interp", "RANDOM gives other pixels on every run: name one interpolation");
  return fields.invalid(
      "interp", fmt::format("is '{}', but it must be NEAREST, LINEAR, CUBIC, AREA or LANCZOS4", *name));
}

// A list of 1 or 3 numbers; one number stands for all channels.
Result<std::array<double, 3>> read_channels(const YamlFields& fields, std::string_view key,
                                            const std::array<double, 3>& fallback, NumberRange range) {
  if (fields.find(key) == nullptr) return fallback;
  const auto values = fields.numbers(key, range);
  if (!values.ok()) return values.error();
  if (values->size() != 1 && values->size() != 3)
    return fields.invalid(key, fmt::format("must have 1 or 3 values, but it has {}", values->size()));
  const std::size_t step = values->size() == 3 ? 1 : 0;
  return std::array<double, 3>{(*values)[0], (*values)[step], (*values)[2 * step]};
}

Result<std::array<double, 3>> read_padding_value(const YamlFields& fields) {
  const YamlNode* node = fields.find("im_padding_value");
  if (node != nullptr && node->kind == YamlNode::Kind::sequence)
    return read_channels(fields, "im_padding_value", {}, kPixelValue);
  const auto value = fields.number("im_padding_value", 127.5, kPixelValue);
  if (!value.ok()) return value.error();
  return std::array<double, 3>{*value, *value, *value};
}

// A value or the error on the way to it, into the enclosing function's variable.
#define SEGFLEET_READ(target, expression)                      \
  do {                                                         \
    auto segfleet_result = (expression);                       \
    if (!segfleet_result.ok()) return segfleet_result.error(); \
    (target) = *segfleet_result;                               \
  } while (false)

Result<Transform> read_resize(const YamlFields& fields) {
  Resize resize;
  SEGFLEET_READ(resize.target, read_target_size(fields, resize.target));
  SEGFLEET_READ(resize.keep_ratio, fields.truth("keep_ratio", false));
  SEGFLEET_READ(resize.size_divisor, fields.integer("size_divisor", 0, {0, kSide.most}));
  SEGFLEET_READ(resize.interpolation, read_interpolation(fields));
  return Transform(resize);
}

Result<Transform> read_resize_by_long(const YamlFields& fields) {
  ResizeByLong resize;
  SEGFLEET_RETURN_IF_ERROR(fields.require("long_size"));
  SEGFLEET_READ(resize.long_side, fields.integer("long_size", 0, kSide));
  return Transform(resize);
}

Result<Transform> read_resize_by_short(const YamlFields& fields) {
  ResizeByShort resize;
  SEGFLEET_RETURN_IF_ERROR(fields.require("short_size"));
  if (fields.find("short_size")->kind == YamlNode::Kind::sequence)
    return fields.unsupported("short_size", "is a list, from which PaddleSeg draws at random: name one size");
  SEGFLEET_READ(resize.short_side, fields.integer("short_size", 0, kSide));
  SEGFLEET_READ(resize.max_size, fields.number("max_size", resize.max_size, {1, 1e300}));
  return Transform(resize);
}

Result<Transform> read_limit_long(const YamlFields& fields) {
  LimitLong limit;
  SEGFLEET_READ(limit.max_long, fields.integer("max_long", 0, kSide));
  SEGFLEET_READ(limit.min_long, fields.integer("min_long", 0, kSide));
  if (limit.max_long > 0 && limit.min_long > limit.max_long)
    return fields.invalid("min_long",
                          fmt::format("is {}, above max_long {}", limit.min_long, limit.max_long));
  return Transform(limit);
}

Result<Transform> read_padding(const YamlFields& fields) {
  Padding padding;
  SEGFLEET_RETURN_IF_ERROR(fields.require("target_size"));
  SEGFLEET_READ(padding.target, read_target_size(fields, {}));
  SEGFLEET_READ(padding.value, read_padding_value(fields));
  return Transform(padding);
}

Result<Transform> read_padding_by_aspect_ratio(const YamlFields& fields) {
  PaddingByAspectRatio padding;
  SEGFLEET_READ(padding.aspect_ratio, fields.number("aspect_ratio", 1, kFactor));
  SEGFLEET_READ(padding.value, read_padding_value(fields));
  return Transform(padding);
}

Result<Transform> read_normalize(const YamlFields& fields) {
  Normalize normalize;
  SEGFLEET_READ(normalize.mean, read_channels(fields, "mean", normalize.mean, {-1e30, 1e30}));
  SEGFLEET_READ(normalize.std, read_channels(fields, "std", normalize.std, {-1e30, 1e30}));
  for (const double value : normalize.std)
    if (value == 0) return fields.invalid("std", "must not be 0: pixels are divided by it");
  return Transform(normalize);
}
#undef SEGFLEET_READ

struct Reader {
  std::string_view type;
  std::initializer_list<std::string_view> keys;
  Result<Transform> (*read)(const YamlFields& fields);
};
const std::array<Reader, 7> kReaders{{
    {"Resize", {"type", "target_size", "keep_ratio", "size_divisor", "interp"}, read_resize},
    {"ResizeByLong", {"type", "long_size"}, read_resize_by_long},
    {"ResizeByShort", {"type", "short_size", "max_size"}, read_resize_by_short},
    {"LimitLong", {"type", "max_long", "min_long"}, read_limit_long},
    {"Padding", {"type", "target_size", "im_padding_value", "label_padding_value"}, read_padding},
    {"PaddingByAspectRatio",
     {"type", "aspect_ratio", "im_padding_value", "label_padding_value"},
     read_padding_by_aspect_ratio},
    {"Normalize", {"type", "mean", "std"}, read_normalize},
}};

std::string supported_types() {
  std::string list;
  for (const Reader& reader : kReaders) list += fmt::format("{}{}", list.empty() ? "" : ", ", reader.type);
  return list;
}

Result<Transform> read_transform(const YamlNode& node, std::size_t number) {
  const std::string place = fmt::format("transform {}", number);
  if (node.kind != YamlNode::Kind::mapping)
    return Error{
        ErrorCode::model_invalid,
        fmt::format("line {}: {} must be a mapping with a type, as `- type: Resize`", node.line, place)};
  const YamlFields nameless(node, place);
  SEGFLEET_RETURN_IF_ERROR(nameless.require("type"));
  const auto type = nameless.text("type", "");
  if (!type.ok()) return type.error();
  for (const Reader& reader : kReaders) {
    if (reader.type != *type) continue;
    const YamlFields fields(node, fmt::format("{} ({})", place, *type));
    for (const std::string& key : fields.unknown_keys(reader.keys))
      return fields.invalid(key, "is no key of this transform, and it could change pixels: remove it");
    return reader.read(fields);
  }
  return nameless.unsupported(
      "type", fmt::format("'{}' is not supported; supported are {}", *type, supported_types()));
}

}  // namespace

Result<std::vector<Transform>> read_transforms(const YamlNode* list) {
  std::vector<Transform> transforms;
  if (list == nullptr) return transforms;
  if (list->kind != YamlNode::Kind::sequence)
    return Error{ErrorCode::model_invalid, fmt::format("line {}: transforms must be a list", list->line)};
  for (const auto& item : list->items) {
    const auto transform = read_transform(*item, transforms.size() + 1);
    if (!transform.ok()) return transform.error();
    transforms.push_back(*transform);
  }
  return transforms;
}

}  // namespace segfleet
