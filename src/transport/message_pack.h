// SPDX-License-Identifier: Apache-2.0
// MessagePack bytes to a JSON tree, safe on hostile bytes. Internal to this room: it pulls in nlohmann_json.
// Thread-safety: a free function without shared state.
#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>

#include "segfleet/error.h"

namespace segfleet {

// Nesting deeper than `max_depth` maps and arrays is refused before the reader recurses into it. Strings are
// bytes: they come out as they are, UTF-8 or not. Memory stays within a small multiple of bytes.size().
// Errors: protocol_error for bytes that are no MessagePack, that end early or go on after the value.
Result<nlohmann::json> read_message_pack(std::span<const std::byte> bytes, int max_depth);

}  // namespace segfleet
