// SPDX-License-Identifier: Apache-2.0
// Core numbers as text. Thread-safety: free functions without shared state.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segfleet {

inline constexpr int kMostCores = 1 << 16;  // numbers are below; Linux has at most 8192

// "0-3,8" with ',' as the kernel writes it, "0-3+8" with '+' as --devices has it. In the order of the text.
// Nothing where it is not such a list: empty, signs, blanks, 3-0, numbers of kMostCores and above.
std::optional<std::vector<int>> parse_core_list(std::string_view text, char separator);

// "0-3+8". Requires ascending numbers.
std::string format_core_list(const std::vector<int>& cores);

}  // namespace segfleet
