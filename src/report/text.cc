// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/byte_size.h"

namespace segfleet {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Two columns: the blocks whose characters are nearly all Wide or Fullwidth in Unicode's EastAsianWidth.txt.
constexpr std::array<Range, 12> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0xA4CF},
                                       {0xA960, 0xA97F},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF01, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1F64F},
                                       {0x1F680, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
// No column: combining marks of the common scripts, joiners, variation selectors.
constexpr std::array<Range, 6> kZero{{{0x0300, 0x036F},
                                      {0x1AB0, 0x1AFF},
                                      {0x1DC0, 0x1DFF},
                                      {0x200B, 0x200D},
                                      {0x20D0, 0x20FF},
                                      {0xFE00, 0xFE0F}}};
// What steers a terminal or the order of its characters.
constexpr std::array<Range, 5> kControl{
    {{0x00, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}}};

template <std::size_t N>
bool lies_in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

constexpr std::size_t kBarColumns = 12;

struct Character {
  std::string_view shown;
  std::size_t columns;
};

// Bytes of the UTF-8 character at the front of `text`, and which it is; one byte and 0 where it is none.
std::pair<std::size_t, char32_t> decode_character(std::string_view text) {
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xC0 ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF8 ? 4
                                         : 0;
  if (size == 1) return {1, lead};
  if (size == 0 || size > text.size()) return {1, 0};
  char32_t c = lead & (0xFFU >> (size + 1));
  for (const char byte : text.substr(1, size - 1)) {
    if ((static_cast<unsigned char>(byte) & 0xC0U) != 0x80U) return {1, 0};
    c = c << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  const bool valid = c >= kSmallest[size] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  return valid ? std::pair(size, c) : std::pair(std::size_t{1}, char32_t{0});
}

Character take_character(std::string_view& text) {
  const auto [size, c] = decode_character(text);
  const std::string_view bytes = text.substr(0, size);
  text.remove_prefix(size);
  if (lies_in(kControl, c)) return {"?", 1};
  if (c < 0x300) return {bytes, 1};
  return {bytes, lies_in(kZero, c) ? 0U : lies_in(kWide, c) ? 2U : 1U};
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

std::string percent_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

std::string bar(double share, std::size_t columns) {
  const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(columns);
  const auto full = static_cast<std::size_t>(std::lround(wanted));
  std::string text;
  for (std::size_t i = 0; i < columns; ++i) text += i < full ? "━" : "╌";
  return text;
}

double ended_share(const Progress& progress) {
  const std::uint64_t ended = progress.skipped + progress.done + progress.failed;
  return progress.total == 0 ? 1.0 : static_cast<double>(ended) / static_cast<double>(progress.total);
}

namespace {

// Of a run whose last device was removed: with none because all were lost it ends.
bool waits_for_device(const Progress& progress) {
  const auto out = [](const DeviceProgress& d) { return d.state == "removed" || d.state == "lost"; };
  return ended_share(progress) < 1 && std::ranges::all_of(progress.devices, out) &&
         std::ranges::any_of(progress.devices, [](const DeviceProgress& d) { return d.state == "removed"; });
}

}  // namespace

std::string progress_line(const Progress& progress) {
  std::string line = fmt::format(
      "{}/{} ({})  {} images/s  ETA {}", progress.skipped + progress.done + progress.failed, progress.total,
      percent_text(ended_share(progress)), rate_text(progress.items_per_s), duration_text(progress.eta_s));
  if (progress.paused) line += "  paused";
  if (waits_for_device(progress)) line += "  waits for a device";
  if (progress.failed > 0) line += fmt::format("  {} failed", progress.failed);
  if (progress.skipped > 0) line += fmt::format("  {} done before", progress.skipped);
  return line;
}

std::string sample_text(const DeviceSample& sample) {
  std::string text;
  if (sample.utilization) text += fmt::format("  util {}", percent_text(*sample.utilization));
  if (sample.memory_used_bytes && sample.memory_total_bytes)
    text += fmt::format("  {} of {}", bytes_text(*sample.memory_used_bytes),
                        bytes_text(*sample.memory_total_bytes));
  if (sample.temperature_c) text += fmt::format("  {:.0f} °C", *sample.temperature_c);
  if (sample.power_w) text += fmt::format("  {:.0f} W", *sample.power_w);
  if (sample.throttled.value_or(false)) text += "  throttled";
  if (sample.speed_share < 1) text += fmt::format("  ours {}", percent_text(sample.speed_share));
  return text;
}

std::string device_line(const DeviceProgress& device) {
  std::string line = fmt::format("  {:<10} {:<10} {:>7} images/s  busy {:>5} {}", device.device, device.state,
                                 rate_text(device.items_per_s), percent_text(device.busy_share),
                                 bar(device.busy_share, kBarColumns));
  line += fmt::format("  {} done", device.done);
  if (device.workers > 1) line += fmt::format("  {} workers", device.workers);
  if (device.peak_rss_bytes > 0) line += fmt::format("  {}", bytes_text(device.peak_rss_bytes));
  return line + sample_text(device.sample);
}

std::string queues_text(const DeviceProgress& device) {
  return fmt::format("  queues {} read {} infer {} write  helpers {} read {} write", device.queued_prepare,
                     device.queued_infer, device.queued_finish, device.prepare_threads,
                     device.finish_threads);
}

std::string failure_line(const ItemEvent& event) {
  const bool named = event.error.message.find(event.input) != std::string::npos;
  // The stage is empty where the worker took the knowledge with it.
  return fmt::format("failed: {}{}{} ({}{}{})", named ? "" : event.input, named ? "" : ": ",
                     event.error.message, name_of(event.error.code), event.stage.empty() ? "" : ", stage ",
                     event.stage);
}

std::string fit(std::string_view text, std::size_t columns) {
  std::string cut;
  std::size_t used = 0;
  std::size_t room_for_ellipsis = 0;  // the longest beginning that leaves a column free
  while (!text.empty()) {
    const Character next = take_character(text);
    if (used + next.columns > columns) {
      cut.resize(room_for_ellipsis);
      return cut + "…";
    }
    used += next.columns;
    cut += next.shown;
    if (used < columns) room_for_ellipsis = cut.size();
  }
  return cut;
}

std::string printable(std::string_view text) {
  return fit(text, std::string_view::npos);
}

std::size_t columns_of(std::string_view printable_text) {
  std::size_t columns = 0;
  while (!printable_text.empty()) columns += take_character(printable_text).columns;
  return columns;
}

void put(std::FILE* out, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out);
  std::fflush(out);
}

}  // namespace segfleet
