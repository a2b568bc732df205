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

// One that is of the type already is kept, for its memory: all fields are read anew.
template <std::size_t... kIndices>
void make_type(Message& message, std::size_t index, std::index_sequence<kIndices...>) {
  if (message.index() == index) return;
  ((kIndices == index ? void(message.emplace<kIndices>()) : void()), ...);
}

Error protocol_error(std::string text) {
  return {ErrorCode::protocol_error, std::move(text)};
}

Result<std::size_t> find_type(Unpacker& fields) {
  const PackedValue* field = fields.look_up("type");
  if (field == nullptr || field->kind != PackedValue::Kind::text)
    return protocol_error("message: field type is missing or no text");
  const auto* known = std::find(kMessageTypes.begin(), kMessageTypes.end(), field->text);
  if (known == kMessageTypes.end())
    return protocol_error(fmt::format("message of unknown type '{}'", field->text.substr(0, 64)));
  return static_cast<std::size_t>(known - kMessageTypes.begin());
}

// Checked before the other fields: another version may have changed them.
Status check_version(Unpacker& fields) {
  const PackedValue* field = fields.look_up("protocol_version");
  if (field == nullptr || !Unpacker::is_integer(*field)) return {};
  if (field->kind == PackedValue::Kind::positive && field->bits == kProtocolVersion) return {};
  return protocol_error(fmt::format(
      "hello: protocol_version is {} and this program speaks {}: install segfleet and segfleet-worker "
      "of the same version",
      Unpacker::integer_text(*field), kProtocolVersion));
}

Status decode_checked(std::span<const std::byte> bytes, Message& message) {
  if (bytes.size() > kMaxMessageBytes)
    return protocol_error(
        fmt::format("message of {} bytes, over the limit of {}", bytes.size(), kMaxMessageBytes));
  thread_local std::vector<PackedValue> values;
  SEGFLEET_RETURN_IF_ERROR(read_message_pack(bytes, kMaxMessageDepth, values));
  if (values.front().kind != PackedValue::Kind::map) return protocol_error("message is not a map");
  Unpacker unpacker(values);
  const Result<std::size_t> type = find_type(unpacker);
  SEGFLEET_RETURN_IF_ERROR(type);
  unpacker.set_name(kMessageTypes[*type]);
  make_type(message, *type, std::make_index_sequence<std::variant_size_v<Message>>());
  if (std::holds_alternative<Hello>(message)) SEGFLEET_RETURN_IF_ERROR(check_version(unpacker));
  std::visit([&](auto& body) { visit_fields(unpacker, body); }, message);
  if (unpacker.error()) return *unpacker.error();
  return {};
}

}  // namespace

std::string_view name_of(Stage stage) {
  for (const auto& [value, name] : kStageNames)
    if (value == stage) return name;
  return "unknown";
}

void encode(const Message& message, std::vector<std::byte>& bytes) {
  bytes.clear();
  PackWriter writer(bytes);
  Packer packer(writer);
  packer.text("type", kMessageTypes[message.index()]);
  std::visit([&](const auto& body) { visit_fields(packer, body); }, message);
}

std::vector<std::byte> encode(const Message& message) {
  std::vector<std::byte> bytes;
  encode(message, bytes);
  return bytes;
}

Result<Message> decode(std::span<const std::byte> bytes) {
  Message message;
  SEGFLEET_RETURN_IF_ERROR(decode(bytes, message));
  return message;
}

Status decode(std::span<const std::byte> bytes, Message& message) {
  try {
    return decode_checked(bytes, message);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "no memory to decode a message"};
  } catch (const std::exception& error) {
    return protocol_error(fmt::format("message cannot be decoded: {}", error.what()));
  }
}

}  // namespace segfleet
