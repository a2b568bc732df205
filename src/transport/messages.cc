// SPDX-License-Identifier: Apache-2.0
#include "transport/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "transport/message_fields.h"
#include "transport/message_pack.h"
#include "transport/packer.h"
#include "transport/unpacker.h"

namespace segfleet {
namespace {

using Json = nlohmann::json;

template <std::size_t... kIndices>
Message default_message(std::size_t index, std::index_sequence<kIndices...>) {
  Message message;
  ((kIndices == index ? void(message.emplace<kIndices>()) : void()), ...);
  return message;
}

Error protocol_error(std::string text) {
  return {ErrorCode::protocol_error, std::move(text)};
}

Result<std::size_t> find_type(const Json& root) {
  if (!root.is_object()) return protocol_error("message is not a map");
  const auto found = root.find("type");
  if (found == root.end() || !found->is_string())
    return protocol_error("message: field type is missing or no text");
  const auto& type = found->get_ref<const std::string&>();
  const auto* known = std::find(kMessageTypes.begin(), kMessageTypes.end(), type);
  if (known == kMessageTypes.end())
    return protocol_error(fmt::format("message of unknown type '{}'", std::string_view(type).substr(0, 64)));
  return static_cast<std::size_t>(known - kMessageTypes.begin());
}

// Checked before the other fields: another version may have changed them.
Status check_version(const Json& root) {
  const auto found = root.find("protocol_version");
  if (found == root.end() || !found->is_number_integer() || *found == kProtocolVersion) return {};
  return protocol_error(fmt::format(
      "hello: protocol_version is {} and this program speaks {}: install segfleet and segfleet-worker "
      "of the same version",
      found->dump(), kProtocolVersion));
}

Result<Message> decode_checked(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxMessageBytes)
    return protocol_error(
        fmt::format("message of {} bytes, over the limit of {}", bytes.size(), kMaxMessageBytes));
  const Result<Json> root = read_message_pack(bytes, kMaxMessageDepth);
  SEGFLEET_RETURN_IF_ERROR(root);
  const Result<std::size_t> type = find_type(*root);
  SEGFLEET_RETURN_IF_ERROR(type);
  Message message = default_message(*type, std::make_index_sequence<std::variant_size_v<Message>>());
  if (std::holds_alternative<Hello>(message)) SEGFLEET_RETURN_IF_ERROR(check_version(*root));
  Unpacker unpacker(*root, std::string(kMessageTypes[*type]));
  std::visit([&](auto& body) { visit_fields(unpacker, body); }, message);
  if (unpacker.error()) return *unpacker.error();
  return message;
}

}  // namespace

std::string_view name_of(Stage stage) {
  for (const auto& [value, name] : kStageNames)
    if (value == stage) return name;
  return "unknown";
}

std::vector<std::byte> encode(const Message& message) {
  Json root = Json::object();
  root["type"] = std::string(kMessageTypes[message.index()]);
  Packer packer(root);
  std::visit([&](const auto& body) { visit_fields(packer, body); }, message);
  const std::vector<std::uint8_t> packed = Json::to_msgpack(root);
  const auto bytes = std::as_bytes(std::span(packed));
  return {bytes.begin(), bytes.end()};
}

Result<Message> decode(std::span<const std::byte> bytes) {
  try {
    return decode_checked(bytes);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "no memory to decode a message"};
  } catch (const std::exception& error) {
    return protocol_error(fmt::format("message cannot be decoded: {}", error.what()));
  }
}

}  // namespace segfleet
