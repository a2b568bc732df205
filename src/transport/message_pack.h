// SPDX-License-Identifier: Apache-2.0
// MessagePack bytes as one flat list of values, safe on hostile bytes. Internal to this room.
// Format: https://github.com/msgpack/msgpack/blob/master/spec.md
// Thread-safety: a free function without shared state.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

// Texts are views into the bytes that were read.
struct PackedValue {
  enum class Kind : std::uint8_t { nil, boolean, positive, negative, real, text, binary, array, map };

  Kind kind = Kind::nil;   // positive: an integer from 0; negative: one below, in two's complement
  std::uint32_t end = 0;   // index of what follows the value and all that is in it
  std::uint64_t bits = 0;  // the boolean, integer or bits of the double; of array and map: how many are in it
  std::string_view key;    // in a map
  std::string_view text;
};

// The root, then what is in it, each value followed by what is in that one. Nesting deeper than `max_depth`
// maps and arrays is refused, and nothing recurses. Memory stays within a multiple of bytes.size(), whatever
// lengths the bytes claim. Keys are texts. Extension types are read as binary.
// `values`: instead of what they held, in their memory. Errors: protocol_error for bytes that are no
// MessagePack, that end early or go on after the value.
Status read_message_pack(std::span<const std::byte> bytes, int max_depth, std::vector<PackedValue>& values);

}  // namespace segfleet
