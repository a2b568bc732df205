// SPDX-License-Identifier: Apache-2.0
// Thread-safety: a free function.
#pragma once
#include <charconv>
#include <string_view>

namespace segfleet {

// True where the whole text is a number of that type.
template <typename T>
bool parse_number(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

}  // namespace segfleet
