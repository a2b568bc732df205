// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/core_list.h"

#include <fmt/format.h>

#include <charconv>

namespace segfleet {
namespace {

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || text.front() == '-' || error != std::errc() || stop != end || number >= kMostCores)
    return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::vector<int>> parse_core_list(std::string_view text, char separator) {
  std::vector<int> cores;
  for (;;) {
    const std::string_view range = text.substr(0, text.find(separator));
    const std::size_t dash = range.find('-');
    const auto first = parse_number(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(range.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (int core = *first; core <= *last; ++core) cores.push_back(core);
    if (cores.size() > static_cast<std::size_t>(kMostCores)) return std::nullopt;
    if (range.size() == text.size()) return cores;
    text.remove_prefix(range.size() + 1);
  }
}

std::string format_core_list(const std::vector<int>& cores) {
  std::string text;
  for (std::size_t i = 0; i < cores.size();) {
    std::size_t end = i;
    while (end + 1 < cores.size() && cores[end + 1] == cores[end] + 1) ++end;
    if (!text.empty()) text += '+';
    text += end == i ? fmt::format("{}", cores[i]) : fmt::format("{}-{}", cores[i], cores[end]);
    i = end + 1;
  }
  return text;
}

}  // namespace segfleet
