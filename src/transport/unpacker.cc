// SPDX-License-Identifier: Apache-2.0
#include "transport/unpacker.h"

#include <fmt/format.h>

#include <bit>

namespace segfleet {
namespace {

constexpr std::size_t kDigestDigits = 32;
constexpr std::size_t kQuotedBytes = 64;  // of a foreign value, in an error

bool is_digest(std::string_view text) {
  return text.empty() || (text.size() == kDigestDigits &&
                          text.find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

}  // namespace

const PackedValue* Unpacker::scan(std::uint32_t from, std::uint32_t to, std::string_view name) {
  for (std::uint32_t at = from; at < to; at = values_[at].end) {
    if (values_[at].key != name) continue;
    next_ = values_[at].end;
    return &values_[at];
  }
  return nullptr;
}

const PackedValue* Unpacker::look_up(std::string_view name) {
  const std::uint32_t start = next_;
  const PackedValue* found = scan(start, end_, name);
  return found != nullptr ? found : scan(first_, start, name);
}

const PackedValue* Unpacker::find(std::string_view name) {
  if (error_) return nullptr;
  const PackedValue* found = look_up(name);
  if (found == nullptr) fail(name, "is missing");
  return found;
}

std::optional<std::string_view> Unpacker::find_text(std::string_view name) {
  const PackedValue* field = find(name);
  if (field == nullptr) return std::nullopt;
  if (field->kind == Kind::text) return field->text;
  fail(name, "is no text");
  return std::nullopt;
}

std::string Unpacker::place() const {
  std::string place = parent_ == nullptr ? std::string() : parent_->place() + ".";
  place += name_;
  if (index_ != kNoIndex) place += fmt::format("[{}]", index_);
  return place;
}

void Unpacker::fail(std::string_view name, std::string_view what) {
  error_ = Error{ErrorCode::protocol_error, fmt::format("message field {}.{} {}", place(), name, what)};
}

void Unpacker::fail_name(std::string_view name, std::string_view value) {
  fail(name, fmt::format("has the unknown value '{}'", value.substr(0, kQuotedBytes)));
}

std::string Unpacker::integer_text(const PackedValue& value) {
  return value.kind == Kind::positive ? std::to_string(value.bits)
                                      : std::to_string(static_cast<std::int64_t>(value.bits));
}

void Unpacker::number(std::string_view name, double& value, double min, double max) {
  const PackedValue* field = find(name);
  if (field == nullptr) return;
  if (!is_integer(*field) && field->kind != Kind::real) return fail(name, "is no number");
  const double number = field->kind == Kind::real ? std::bit_cast<double>(field->bits)
                        : field->kind == Kind::positive
                            ? static_cast<double>(field->bits)
                            : static_cast<double>(static_cast<std::int64_t>(field->bits));
  if (!(number >= min && number <= max))  // also NaN
    return fail(name, fmt::format("is {}, outside {} to {}", number, min, max));
  value = number;
}

void Unpacker::flag(std::string_view name, bool& value) {
  const PackedValue* field = find(name);
  if (field == nullptr) return;
  if (field->kind != Kind::boolean) return fail(name, "is no boolean");
  value = field->bits != 0;
}

void Unpacker::text(std::string_view name, std::string& value) {
  if (const auto found = find_text(name)) value = *found;
}

void Unpacker::path(std::string_view name, std::filesystem::path& value) {
  if (const auto found = find_text(name)) value = *found;
}

void Unpacker::digest(std::string_view name, std::string& value) {
  const auto found = find_text(name);
  if (!found) return;
  if (!is_digest(*found)) return fail(name, "is neither empty nor 32 lower-case hex digits");
  value = *found;
}

void Unpacker::code(std::string_view name, ErrorCode& value) {
  const auto found = find_text(name);
  if (!found) return;
  const std::optional<ErrorCode> known = error_code_from_name(*found);
  if (!known) return fail_name(name, *found);
  value = *known;
}

void Unpacker::texts(std::string_view name, std::map<std::string, std::string>& values) {
  const PackedValue* field = find(name);
  if (field == nullptr) return;
  if (field->kind != Kind::map) return fail(name, "is no map");
  values.clear();
  for (std::uint32_t at = index_of(*field) + 1; at < field->end; at = values_[at].end) {
    const PackedValue& value = values_[at];
    if (value.kind != Kind::text)
      return fail(fmt::format("{}.{}", name, value.key.substr(0, kQuotedBytes)), "is no text");
    values[std::string(value.key)] = value.text;
  }
}

void Unpacker::durations(std::string_view name, std::span<std::int64_t> values) {
  const PackedValue* field = find(name);
  if (field == nullptr) return;
  if (field->kind != Kind::array || field->bits != values.size())
    return fail(name, fmt::format("is no array of {} durations", values.size()));
  std::uint32_t at = index_of(*field) + 1;
  for (std::size_t i = 0; i < values.size(); at = values_[at].end, ++i) {
    const PackedValue& item = values_[at];
    if (!is_integer(item) || !read_integer(item, values[i], std::int64_t{0}, INT64_MAX))
      return fail(fmt::format("{}[{}]", name, i), "is no duration in microseconds, 0 or more");
  }
}

void Unpacker::class_pixels(std::string_view name, std::vector<ClassPixels>& values) {
  const PackedValue* field = find(name);
  if (field == nullptr) return;
  if (field->kind != Kind::array || field->bits % 2 != 0)
    return fail(name, "is no array of classes and their pixels in turn");
  values.resize(static_cast<std::size_t>(field->bits) / 2);
  std::uint32_t at = index_of(*field) + 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const PackedValue& index = values_[at];
    const PackedValue& pixels = values_[index.end];
    at = pixels.end;
    if (!is_integer(index) || !read_integer(index, values[i].class_index, 0, 255))
      return fail(fmt::format("{}[{}]", name, 2 * i), "is no class, 0 to 255");
    if (!is_integer(pixels) || !read_integer(pixels, values[i].pixels, std::uint64_t{0}, UINT64_MAX))
      return fail(fmt::format("{}[{}]", name, 2 * i + 1), "is no number of pixels, 0 or more");
  }
}

}  // namespace segfleet
