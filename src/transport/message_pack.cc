// SPDX-License-Identifier: Apache-2.0
#include "transport/message_pack.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segfleet {
namespace {

using Json = nlohmann::json;

// The library's own tree builder recurses as deep as the bytes say and throws; this one refuses by depth and
// keeps the error as text.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(Json& root, int max_depth) : root_(root), max_depth_(static_cast<std::size_t>(max_depth)) {}
  const std::string& error() const { return error_; }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(std::int64_t value) override { return add(Json(value)); }
  bool number_unsigned(std::uint64_t value) override { return add(Json(value)); }
  bool number_float(double value, const std::string& /*text*/) override { return add(Json(value)); }
  bool string(std::string& value) override { return add(Json(std::move(value))); }
  bool binary(Json::binary_t& value) override { return add(Json(std::move(value))); }
  bool start_object(std::size_t /*count*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*count*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/, const Json::exception& why) override {
    // "[json.exception.parse_error.110] parse error at byte 2:
    // syntax error while parsing MessagePack value: ..."
    const std::string_view text = why.what();
    const std::size_t reason = text.find("MessagePack");
    error_ = fmt::format("at byte {}: {}", position, text.substr(reason == text.npos ? 0 : reason));
    return false;
  }

 private:
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_object()) {
      Json& slot = parent[key_];
      slot = std::move(value);
      return &slot;
    }
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool open(Json value) {
    if (open_.size() >= max_depth_) {
      error_ = fmt::format("nested deeper than {} levels", max_depth_);
      return false;
    }
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json& root_;
  std::size_t max_depth_;
  std::vector<Json*> open_;  // innermost last; stable, since only the innermost grows
  std::string key_;
  std::string error_;
};

}  // namespace

Result<Json> read_message_pack(std::span<const std::byte> bytes, int max_depth) {
  Json root;
  TreeBuilder builder(root, max_depth);
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (!Json::sax_parse(first, first + bytes.size(), &builder, Json::input_format_t::msgpack))
    return Error{ErrorCode::protocol_error,
                 fmt::format("message of {} bytes: {}", bytes.size(), builder.error())};
  return root;
}

}  // namespace segfleet
