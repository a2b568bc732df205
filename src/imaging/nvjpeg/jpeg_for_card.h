// SPDX-License-Identifier: Apache-2.0
// Which pictures a card may decode: common JPEGs that lie upright and are whole, as far as that can be told
// without decoding them. All others go the CPU's way, which says what is wrong with them.
// Thread-safety: free functions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "segfleet/image.h"

namespace segfleet {

// The picture's size; nothing: it is the CPU's.
std::optional<Size> size_for_card(std::span<const std::byte> encoded, const DecodeLimits& limits);

// Whether `scan`, which begins behind a scan's header, goes on to the picture's end with nothing in between
// but coded pixels and as many restart markers, in their order. Of damage within the coded pixels it knows
// nothing.
bool scan_is_whole(std::span<const std::byte> scan, std::uint64_t restart_markers);

}  // namespace segfleet
