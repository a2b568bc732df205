// SPDX-License-Identifier: Apache-2.0
// Visitor of message_fields.h that writes a message's fields as one MessagePack map, in the visit's order;
// the map is complete when the visitor goes. Thread-safety: one thread at a time.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "transport/messages.h"
#include "transport/pack_writer.h"

namespace segfleet {

// Longest error or note text on the wire;
// longer ones are cut, so that an engine's long report cannot make an outcome unsendable.
inline constexpr std::size_t kMaxTextBytes = std::size_t{16} * 1024;

class Packer {
 public:
  static constexpr bool kWrites = true;
  explicit Packer(PackWriter& out) : out_(out), place_(out.open_map()) {}
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() { out_.close_map(place_, fields_); }

  template <typename T>
  void integer(std::string_view name, T value, T /*min*/, T /*max*/) {
    key(name).integer(value);
  }
  void number(std::string_view name, double value, double /*min*/, double /*max*/) { key(name).real(value); }
  void flag(std::string_view name, bool value) { key(name).boolean(value); }
  void text(std::string_view name, std::string_view value) { key(name).text(value); }
  void clipped_text(std::string_view name, std::string_view value) {
    key(name).text(value.substr(0, kMaxTextBytes));
  }
  void path(std::string_view name, const std::filesystem::path& value) { key(name).text(value.native()); }
  void digest(std::string_view name, std::string_view value) { key(name).text(value); }
  void code(std::string_view name, ErrorCode value) { key(name).text(name_of(value)); }
  void texts(std::string_view name, const std::map<std::string, std::string>& values) {
    key(name);
    Packer map(out_);
    for (const auto& [inner, value] : values) map.text(inner, value);
  }
  void durations(std::string_view name, std::span<const std::int64_t> values) {
    key(name).array(values.size());
    for (const std::int64_t value : values) out_.integer(value);
  }
  void class_pixels(std::string_view name, std::span<const ClassPixels> values) {
    key(name).array(2 * values.size());
    for (const ClassPixels& value : values) {
      out_.integer(value.class_index);
      out_.integer(value.pixels);
    }
  }

  template <typename Enum, typename Names>
  void name(std::string_view field, Enum value, const Names& names) {
    for (const auto& [known, text] : names)
      if (known == value) key(field).text(text);
  }
  template <typename T>
  void object(std::string_view name, const T& value) {
    key(name);
    Packer map(out_);
    visit_fields(map, value);
  }
  template <typename T>
  void optional(std::string_view name, const std::optional<T>& value) {
    if (value) object(name, *value);
  }
  void optional_flag(std::string_view name, bool value) {
    if (value) flag(name, value);
  }
  template <typename List>
  void objects(std::string_view name, const List& values) {
    key(name).array(values.size());
    for (const auto& value : values) {
      Packer map(out_);
      visit_fields(map, value);
    }
  }

 private:
  PackWriter& key(std::string_view name) {
    ++fields_;
    out_.text(name);
    return out_;
  }

  PackWriter& out_;
  std::size_t place_;
  std::uint16_t fields_ = 0;
};

}  // namespace segfleet
