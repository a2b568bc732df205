// SPDX-License-Identifier: Apache-2.0
// Visitor of message_fields.h that reads a message's fields from a map that was read. The first field that is
// missing, of another type or out of range ends it: error() names it, and the fields after it keep their
// defaults. Fields may come in any order; in the order of the visit, each is found at once.
// Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/message_pack.h"
#include "transport/messages.h"

namespace segfleet {

class Unpacker {
 public:
  static constexpr bool kWrites = false;
  using Kind = PackedValue::Kind;

  // `values` begin with the map of the message.
  explicit Unpacker(const std::vector<PackedValue>& values)
      : Unpacker(values.data(), 0, nullptr, "message", kNoIndex) {}
  void set_name(std::string_view name) { name_ = name; }  // "lease", for errors
  const std::optional<Error>& error() const { return error_; }

  static bool is_integer(const PackedValue& value) {
    return value.kind == Kind::positive || value.kind == Kind::negative;
  }
  static std::string integer_text(const PackedValue& value);
  // nullptr: it is not there.
  const PackedValue* look_up(std::string_view name);

  template <typename T>
  void integer(std::string_view name, T& value, T min, T max) {
    const PackedValue* field = find(name);
    if (field == nullptr) return;
    if (!is_integer(*field)) return fail(name, "is no integer");
    if (!read_integer(*field, value, min, max))
      fail(name,
           "is " + integer_text(*field) + ", outside " + std::to_string(min) + " to " + std::to_string(max));
  }
  void number(std::string_view name, double& value, double min, double max);
  void flag(std::string_view name, bool& value);
  void text(std::string_view name, std::string& value);
  void clipped_text(std::string_view name, std::string& value) { text(name, value); }
  void path(std::string_view name, std::filesystem::path& value);
  void digest(std::string_view name, std::string& value);
  void code(std::string_view name, ErrorCode& value);
  void texts(std::string_view name, std::map<std::string, std::string>& values);
  void durations(std::string_view name, std::span<std::int64_t> values);
  void class_pixels(std::string_view name, std::vector<ClassPixels>& values);

  template <typename Enum, typename Names>
  void name(std::string_view field, Enum& value, const Names& names) {
    const std::optional<std::string_view> found = find_text(field);
    if (!found) return;
    for (const auto& [known, known_name] : names)
      if (known_name == *found) return void(value = known);
    fail_name(field, *found);
  }
  template <typename T>
  void object(std::string_view name, T& value) {
    if (const PackedValue* field = find(name)) read_object(*field, name, kNoIndex, value);
  }
  template <typename T>
  void optional(std::string_view name, std::optional<T>& value) {
    value.reset();
    if (look_up(name) != nullptr) object(name, value.emplace());
  }
  void optional_flag(std::string_view name, bool& value) {
    value = false;
    if (look_up(name) != nullptr) flag(name, value);
  }
  template <typename T>
  void objects(std::string_view name, std::vector<T>& values) {
    const PackedValue* field = find(name);
    if (field == nullptr) return;
    if (field->kind != Kind::array) return fail(name, "is no array");
    values.resize(static_cast<std::size_t>(field->bits));  // those that are there keep their memory
    std::uint32_t at = index_of(*field) + 1;
    for (std::size_t i = 0; i < values.size() && !error_; at = values_[at].end, ++i)
      read_object(values_[at], name, i, values[i]);
  }

 private:
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

  Unpacker(const PackedValue* values, std::uint32_t map, const Unpacker* parent, std::string_view name,
           std::size_t index)
      : values_(values),
        first_(map + 1),
        end_(values[map].end),
        next_(first_),
        parent_(parent),
        name_(name),
        index_(index) {}

  const PackedValue* scan(std::uint32_t from, std::uint32_t to, std::string_view name);
  const PackedValue* find(std::string_view name);
  std::optional<std::string_view> find_text(std::string_view name);
  std::uint32_t index_of(const PackedValue& value) const {
    return static_cast<std::uint32_t>(&value - values_);
  }
  std::string place() const;  // "lease.items[3]"
  void fail(std::string_view name, std::string_view what);
  void fail_name(std::string_view name, std::string_view value);

  template <typename T>
  static bool read_integer(const PackedValue& field, T& value, T min, T max) {
    const auto in_range = [&](auto number) {
      return !std::cmp_less(number, min) && !std::cmp_greater(number, max);
    };
    if (field.kind == Kind::positive ? !in_range(field.bits)
                                     : !in_range(static_cast<std::int64_t>(field.bits)))
      return false;
    value = static_cast<T>(field.bits);
    return true;
  }
  template <typename T>
  void read_object(const PackedValue& field, std::string_view name, std::size_t index, T& value) {
    Unpacker child(values_, index_of(field), this, name, index);
    if (field.kind == Kind::map)
      visit_fields(child, value);
    else
      child.error_ = Error{ErrorCode::protocol_error, "message field " + child.place() + " is no map"};
    error_ = std::move(child.error_);
  }

  const PackedValue* values_;
  std::uint32_t first_;
  std::uint32_t end_;
  std::uint32_t next_;  // where the field after the last that was found begins
  const Unpacker* parent_;
  std::string_view name_;
  std::size_t index_;
  std::optional<Error> error_;
};

}  // namespace segfleet
