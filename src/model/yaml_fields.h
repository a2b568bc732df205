// SPDX-License-Identifier: Apache-2.0
// Typed values out of a YAML mapping, with errors that name the place and the key. PyYAML's reading rules
// where they matter: a quoted number is a text, `yes` and `off` are truth values. Thread-safety: plain data.
#pragma once
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "model/yaml_tree.h"
#include "segfleet/error.h"

namespace segfleet {

struct NumberRange {
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();
};

// A mapping and what to call it: "transform 2 (Resize)". Every reader returns model_invalid for a wrong type
// or a value out of range, and takes a missing or null key as `fallback`.
class YamlFields {
 public:
  YamlFields(const YamlNode& mapping, std::string place) : mapping_(mapping), place_(std::move(place)) {}

  const YamlNode* find(std::string_view key) const;  // nullptr where it is missing or null
  Status require(std::string_view key) const;        // model_invalid where find() has nothing
  Result<int> integer(std::string_view key, int fallback, NumberRange range) const;
  Result<double> number(std::string_view key, double fallback, NumberRange range) const;
  Result<bool> truth(std::string_view key, bool fallback) const;
  Result<std::string> text(std::string_view key, const std::string& fallback) const;
  Result<std::vector<int>> integers(std::string_view key, NumberRange range) const;    // a list
  Result<std::vector<double>> numbers(std::string_view key, NumberRange range) const;  // a list
  std::vector<std::string> unknown_keys(std::initializer_list<std::string_view> known) const;
  // "line 4: transform 2 (Resize): key: why"
  Error invalid(std::string_view key, std::string_view why) const;
  Error unsupported(std::string_view key, std::string_view why) const;

 private:
  std::string at(std::string_view key) const;
  Result<double> number_in(std::string_view key, const YamlNode& node, NumberRange range) const;
  Result<int> integer_in(std::string_view key, const YamlNode& node, NumberRange range) const;
  template <typename T>
  using Reader = Result<T> (YamlFields::*)(std::string_view, const YamlNode&, NumberRange) const;
  template <typename T>
  Result<std::vector<T>> list(std::string_view key, std::string_view what, NumberRange range,
                              Reader<T> read) const;

  const YamlNode& mapping_;
  std::string place_;
};

}  // namespace segfleet
