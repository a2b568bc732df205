// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace segfleet {
namespace {

constexpr double kKibi = 1024;
constexpr double kKilo = 1000;
constexpr double kLargest = 0x1p62;
constexpr std::array<std::pair<std::string_view, double>, 10> kUnits{{{"", 1},
                                                                      {"B", 1},
                                                                      {"KiB", kKibi},
                                                                      {"MiB", kKibi* kKibi},
                                                                      {"GiB", kKibi* kKibi* kKibi},
                                                                      {"TiB", kKibi* kKibi* kKibi* kKibi},
                                                                      {"KB", kKilo},
                                                                      {"MB", kKilo* kKilo},
                                                                      {"GB", kKilo* kKilo* kKilo},
                                                                      {"TB", kKilo* kKilo* kKilo* kKilo}}};

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, bytes] : kUnits)
    if (unit == name && number * bytes <= kLargest) return static_cast<std::uint64_t>(number * bytes);
  return std::nullopt;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kShown{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= kKibi && unit + 1 < kShown.size()) {
    value /= kKibi;
    ++unit;
  }
  return value < 10 && unit > 0 ? fmt::format("{:.1f} {}", value, kShown[unit])
                                : fmt::format("{:.0f} {}", value, kShown[unit]);
}

}  // namespace segfleet
