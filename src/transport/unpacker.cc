// SPDX-License-Identifier: Apache-2.0
#include "transport/unpacker.h"

#include <fmt/format.h>

namespace segfleet {
namespace {

constexpr std::size_t kDigestDigits = 32;
constexpr std::size_t kQuotedBytes = 64;  // of a foreign value, in an error

bool is_digest(std::string_view text) {
  return text.empty() || (text.size() == kDigestDigits &&
                          text.find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

}  // namespace

const nlohmann::json* Unpacker::find(const char* name) {
  if (error_) return nullptr;
  const auto found = map_.find(name);
  if (found != map_.end()) return &*found;
  fail(name, "is missing");
  return nullptr;
}

void Unpacker::fail(std::string_view name, std::string_view what) {
  error_ = Error{ErrorCode::protocol_error, fmt::format("message field {}.{} {}", where_, name, what)};
}

void Unpacker::fail_name(const char* name, std::string_view value) {
  fail(name, fmt::format("has the unknown value '{}'", value.substr(0, kQuotedBytes)));
}

void Unpacker::number(const char* name, double& value, double min, double max) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_number()) return fail(name, "is no number");
  const auto number = field->get<double>();
  if (!(number >= min && number <= max))  // also NaN
    return fail(name, fmt::format("is {}, outside {} to {}", number, min, max));
  value = number;
}

void Unpacker::flag(const char* name, bool& value) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_boolean()) return fail(name, "is no boolean");
  value = field->get<bool>();
}

void Unpacker::text(const char* name, std::string& value) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_string()) return fail(name, "is no text");
  value = field->get_ref<const std::string&>();
}

void Unpacker::path(const char* name, std::filesystem::path& value) {
  std::string bytes;
  text(name, bytes);
  if (!error_) value = std::move(bytes);
}

void Unpacker::digest(const char* name, std::string& value) {
  text(name, value);
  if (!error_ && !is_digest(value)) fail(name, "is neither empty nor 32 lower-case hex digits");
}

void Unpacker::code(const char* name, ErrorCode& value) {
  std::string text_value;
  text(name, text_value);
  if (error_) return;
  const std::optional<ErrorCode> known = error_code_from_name(text_value);
  if (!known) return fail_name(name, text_value);
  value = *known;
}

void Unpacker::texts(const char* name, std::map<std::string, std::string>& values) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_object()) return fail(name, "is no map");
  for (const auto& [key, value] : field->items()) {
    if (!value.is_string()) return fail(std::string(name) + "." + key.substr(0, kQuotedBytes), "is no text");
    values[key] = value.get_ref<const std::string&>();
  }
}

void Unpacker::durations(const char* name, StageTimes& values) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return;
  if (!field->is_array() || field->size() != values.size())
    return fail(name, fmt::format("is no array of {} durations", values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const nlohmann::json& item = (*field)[i];
    if (!item.is_number_integer() || !read_integer(item, values[i], std::int64_t{0}, INT64_MAX))
      return fail(fmt::format("{}[{}]", name, i), "is no duration in microseconds, 0 or more");
  }
}

}  // namespace segfleet
