// SPDX-License-Identifier: Apache-2.0
// Bytes as text, RFC 4648 with padding. Thread-safety: a free function.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace segfleet {

std::string base64(std::span<const std::byte> bytes);

}  // namespace segfleet
