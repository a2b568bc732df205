// SPDX-License-Identifier: Apache-2.0
// Visitor of message_fields.h that reads a message's fields from a JSON map. The first field that is missing,
// of another type or out of range ends it: error() names it, and the fields after it keep their defaults.
// Thread-safety: one thread at a time.
#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/messages.h"

namespace segfleet {

class Unpacker {
 public:
  static constexpr bool kWrites = false;
  // `where`: "lease.items[3]", for messages.
  Unpacker(const nlohmann::json& map, std::string where) : map_(map), where_(std::move(where)) {}
  const std::optional<Error>& error() const { return error_; }

  template <typename T>
  void integer(const char* name, T& value, T min, T max) {
    const nlohmann::json* field = find(name);
    if (field == nullptr) return;
    if (!field->is_number_integer()) return fail(name, "is no integer");
    if (!read_integer(*field, value, min, max)) fail_range(name, *field, min, max);
  }
  bool has(const char* name) const { return map_.contains(name); }
  void number(const char* name, double& value, double min, double max);
  void flag(const char* name, bool& value);
  void text(const char* name, std::string& value);
  void clipped_text(const char* name, std::string& value) { text(name, value); }
  void path(const char* name, std::filesystem::path& value);
  void digest(const char* name, std::string& value);
  void code(const char* name, ErrorCode& value);
  void texts(const char* name, std::map<std::string, std::string>& values);
  void durations(const char* name, StageTimes& values);

  template <typename Enum, typename Names>
  void name(const char* field, Enum& value, const Names& names) {
    std::string text_value;
    text(field, text_value);
    if (error_) return;
    for (const auto& [known, known_name] : names)
      if (known_name == text_value) return void(value = known);
    fail_name(field, text_value);
  }
  template <typename T>
  void object(const char* name, T& value) {
    const nlohmann::json* field = find(name);
    if (field != nullptr) read_object(*field, name, value);
  }
  template <typename T>
  void objects(const char* name, std::vector<T>& values) {
    const nlohmann::json* field = find(name);
    if (field == nullptr) return;
    if (!field->is_array()) return fail(name, "is no array");
    values.reserve(field->size());
    for (const nlohmann::json& child : *field) {
      const std::string place = std::string(name) + "[" + std::to_string(values.size()) + "]";
      read_object(child, place, values.emplace_back());
      if (error_) return;
    }
  }

 private:
  const nlohmann::json* find(const char* name);
  void fail(std::string_view name, std::string_view what);
  void fail_name(const char* name, std::string_view value);

  template <typename T>
  void fail_range(const char* name, const nlohmann::json& field, T min, T max) {
    fail(name, "is " + field.dump() + ", outside " + std::to_string(min) + " to " + std::to_string(max));
  }
  template <typename T>
  static bool read_integer(const nlohmann::json& field, T& value, T min, T max) {
    if (field.is_number_unsigned()) {
      const auto number = field.get<std::uint64_t>();
      if (std::cmp_less(number, min) || std::cmp_greater(number, max)) return false;
      value = static_cast<T>(number);
      return true;
    }
    const auto number = field.get<std::int64_t>();
    if (std::cmp_less(number, min) || std::cmp_greater(number, max)) return false;
    value = static_cast<T>(number);
    return true;
  }
  template <typename T>
  void read_object(const nlohmann::json& field, const std::string& name, T& value) {
    if (!field.is_object()) return fail(name, "is no map");
    Unpacker child(field, where_ + "." + name);
    visit_fields(child, value);
    error_ = child.error();
  }

  const nlohmann::json& map_;
  std::string where_;
  std::optional<Error> error_;
};

}  // namespace segfleet
