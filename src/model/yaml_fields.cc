// SPDX-License-Identifier: Apache-2.0
#include "model/yaml_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace segfleet {
namespace {

constexpr std::size_t kMaxShownText = 40;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "null";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::mapping:
      return "a mapping";
    case YamlNode::Kind::scalar:
      break;
  }
  const bool cut = node.scalar.size() > kMaxShownText;
  std::string text = node.scalar.substr(0, kMaxShownText);
  std::replace_if(text.begin(), text.end(), is_control, '?');  // messages stay on one line
  return fmt::format("'{}{}'", text, cut ? "..." : "");
}

template <typename Number>
std::optional<Number> parsed(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar || node.quoted) return std::nullopt;
  std::string_view text = node.scalar;
  if (text.starts_with('+')) text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const YamlNode* YamlFields::find(std::string_view key) const {
  const YamlNode* node = mapping_.find(key);
  return node == nullptr || node->kind == YamlNode::Kind::null ? nullptr : node;
}

std::string YamlFields::at(std::string_view key) const {
  const YamlNode* node = mapping_.find(key);
  return fmt::format("line {}: {}: {}", node == nullptr ? mapping_.line : node->line, place_, key);
}

Error YamlFields::invalid(std::string_view key, std::string_view why) const {
  return Error{ErrorCode::model_invalid, fmt::format("{} {}", at(key), why)};
}

Error YamlFields::unsupported(std::string_view key, std::string_view why) const {
  return Error{ErrorCode::model_unsupported, fmt::format("{} {}", at(key), why)};
}

Status YamlFields::require(std::string_view key) const {
  if (find(key) == nullptr) return invalid(key, "is missing");
  return {};
}

Result<double> YamlFields::number_in(std::string_view key, const YamlNode& node, NumberRange range) const {
  const auto value = parsed<double>(node);
  if (!value || !std::isfinite(*value))
    return invalid(key, fmt::format("must be a finite number, but it is {}", shown(node)));
  if (*value < range.least || *value > range.most)
    return invalid(key, fmt::format("must be from {} to {}, but it is {}", range.least, range.most, *value));
  return *value;
}

Result<int> YamlFields::integer_in(std::string_view key, const YamlNode& node, NumberRange range) const {
  const auto value = parsed<long long>(node);
  if (!value) return invalid(key, fmt::format("must be a whole number, but it is {}", shown(node)));
  if (static_cast<double>(*value) < range.least || static_cast<double>(*value) > range.most)
    return invalid(key, fmt::format("must be from {} to {}, but it is {}", range.least, range.most, *value));
  return static_cast<int>(*value);
}

Result<int> YamlFields::integer(std::string_view key, int fallback, NumberRange range) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return fallback;
  return integer_in(key, *node, range);
}

Result<double> YamlFields::number(std::string_view key, double fallback, NumberRange range) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return fallback;
  return number_in(key, *node, range);
}

Result<bool> YamlFields::truth(std::string_view key, bool fallback) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return fallback;
  std::string word = node->scalar;
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  if (node->kind == YamlNode::Kind::scalar && !node->quoted) {
    if (word == "true" || word == "yes" || word == "on") return true;
    if (word == "false" || word == "no" || word == "off") return false;
  }
  return invalid(key, fmt::format("must be true or false, but it is {}", shown(*node)));
}

Result<std::string> YamlFields::text(std::string_view key, const std::string& fallback) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return fallback;
  if (node->kind != YamlNode::Kind::scalar || node->scalar.empty() ||
      std::any_of(node->scalar.begin(), node->scalar.end(), is_control))
    return invalid(key, fmt::format("must be a text, but it is {}", shown(*node)));
  return node->scalar;
}

template <typename T>
Result<std::vector<T>> YamlFields::list(std::string_view key, std::string_view what, NumberRange range,
                                        Reader<T> read) const {
  const YamlNode* node = find(key);
  if (node == nullptr || node->kind != YamlNode::Kind::sequence)
    return invalid(key, fmt::format("must be a list of {}, but it is {}", what,
                                    node == nullptr ? "missing" : shown(*node)));
  std::vector<T> values;
  for (const auto& item : node->items) {
    const Result<T> value = (this->*read)(key, *item, range);
    SEGFLEET_RETURN_IF_ERROR(value);
    values.push_back(*value);
  }
  return values;
}

Result<std::vector<int>> YamlFields::integers(std::string_view key, NumberRange range) const {
  return list<int>(key, "whole numbers", range, &YamlFields::integer_in);
}

Result<std::vector<double>> YamlFields::numbers(std::string_view key, NumberRange range) const {
  return list<double>(key, "numbers", range, &YamlFields::number_in);
}

std::vector<std::string> YamlFields::unknown_keys(std::initializer_list<std::string_view> known) const {
  std::vector<std::string> unknown;
  for (const auto& entry : mapping_.entries)
    if (std::find(known.begin(), known.end(), entry.first) == known.end()) unknown.push_back(entry.first);
  return unknown;
}

}  // namespace segfleet
