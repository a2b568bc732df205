// SPDX-License-Identifier: Apache-2.0
// Amounts of memory as people write them. Thread-safety: free functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segfleet {

// "4096", "512MiB", "1.5GiB"; KB, MB, GB, TB are powers of 1000. Nothing where it is something else,
// negative, or over 2^62.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

std::string bytes_text(std::uint64_t bytes);  // "37 MiB", "2.1 GiB"

}  // namespace segfleet
