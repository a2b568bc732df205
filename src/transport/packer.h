// SPDX-License-Identifier: Apache-2.0
// Visitor of message_fields.h that writes a message's fields into a JSON map.
// Thread-safety: one thread at a time.
#pragma once
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "transport/messages.h"

namespace segfleet {

// Longest error or note text on the wire;
// longer ones are cut, so that an engine's long report cannot make an outcome unsendable.
inline constexpr std::size_t kMaxTextBytes = std::size_t{16} * 1024;

class Packer {
 public:
  static constexpr bool kWrites = true;
  explicit Packer(nlohmann::json& map) : map_(map) {}

  template <typename T>
  void integer(const char* name, T value, T /*min*/, T /*max*/) {
    map_[name] = value;
  }
  static bool has(const char* /*name*/) { return true; }  // all fields are written
  void number(const char* name, double value, double /*min*/, double /*max*/) { map_[name] = value; }
  void flag(const char* name, bool value) { map_[name] = value; }
  void text(const char* name, const std::string& value) { map_[name] = value; }
  void clipped_text(const char* name, const std::string& value) {
    map_[name] = value.substr(0, kMaxTextBytes);
  }
  void path(const char* name, const std::filesystem::path& value) { map_[name] = value.native(); }
  void digest(const char* name, const std::string& value) { map_[name] = value; }
  void code(const char* name, ErrorCode value) { map_[name] = std::string(name_of(value)); }
  void texts(const char* name, const std::map<std::string, std::string>& values) { map_[name] = values; }
  void durations(const char* name, const StageTimes& values) { map_[name] = values; }

  template <typename Enum, typename Names>
  void name(const char* field, Enum value, const Names& names) {
    for (const auto& [known, text] : names)
      if (known == value) map_[field] = std::string(text);
  }
  template <typename T>
  void object(const char* name, const T& value) {
    nlohmann::json child = nlohmann::json::object();
    Packer packer(child);
    visit_fields(packer, value);
    map_[name] = std::move(child);
  }
  template <typename List>
  void objects(const char* name, const List& values) {
    nlohmann::json children = nlohmann::json::array();
    for (const auto& value : values) {
      nlohmann::json& child = children.emplace_back(nlohmann::json::object());
      Packer packer(child);
      visit_fields(packer, value);
    }
    map_[name] = std::move(children);
  }

 private:
  nlohmann::json& map_;
};

}  // namespace segfleet
