// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <fmt/format.h>

#include <array>

namespace segfleet {
namespace {

bool starts_character(unsigned char byte) {
  return (byte & 0xC0U) != 0x80U;
}

}  // namespace

std::string duration_text(double seconds) {
  if (!(seconds >= 0)) return "?";
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string rate_text(double items_per_s) {
  if (items_per_s < 1) return fmt::format("{:.2f}", items_per_s);
  if (items_per_s < 100) return fmt::format("{:.1f}", items_per_s);
  return fmt::format("{:.0f}", items_per_s);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return value < 10 && unit > 0 ? fmt::format("{:.1f} {}", value, kUnits[unit])
                                : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string percent_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

std::string progress_line(const Progress& progress) {
  const std::uint64_t ended = progress.skipped + progress.done + progress.failed;
  const double share =
      progress.total == 0 ? 1.0 : static_cast<double>(ended) / static_cast<double>(progress.total);
  std::string line =
      fmt::format("{}/{} ({})  {} images/s  ETA {}", ended, progress.total, percent_text(share),
                  rate_text(progress.items_per_s), duration_text(progress.eta_s));
  if (progress.failed > 0) line += fmt::format("  {} failed", progress.failed);
  if (progress.skipped > 0) line += fmt::format("  {} done before", progress.skipped);
  return line;
}

std::string failure_line(const ItemEvent& event) {
  const bool named = event.error.message.find(event.input) != std::string::npos;
  return fmt::format("failed: {}{}{} ({}, stage {})", named ? "" : event.input, named ? "" : ": ",
                     event.error.message, name_of(event.error.code), event.stage);
}

std::string fit(std::string_view text, std::size_t columns) {
  std::string cut;
  std::size_t used = 0;
  std::size_t last_start = 0;  // where the last character that fits begins
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (starts_character(byte)) {
      if (used == columns) {
        cut.resize(last_start);
        return cut + "…";
      }
      last_start = cut.size();
      ++used;
    }
    cut += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return cut;
}

}  // namespace segfleet
