// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_display.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "report/text.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kFailuresShown = 20;
constexpr std::size_t kBarColumns = 12;

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

TerminalSize size_of(std::FILE* terminal) {
  struct winsize window {};
  if (::ioctl(::fileno(terminal), TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0)
    return {};
  return {window.ws_col, window.ws_row};
}

std::string bar(double share, std::size_t columns) {
  const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(columns);
  const auto full = static_cast<std::size_t>(wanted + 0.5);
  std::string text;
  for (std::size_t i = 0; i < columns; ++i) text += i < full ? "━" : "╌";
  return text;
}

std::string device_line(const DeviceProgress& device) {
  std::string line = fmt::format("  {:<10} {:<10} {:>7} images/s  busy {:>5} {}", device.device, device.state,
                                 rate_text(device.items_per_s), percent_text(device.busy_share),
                                 bar(device.busy_share, kBarColumns));
  line += fmt::format("  {} done", device.done);
  if (device.workers > 1) line += fmt::format("  {} workers", device.workers);
  if (device.peak_rss_bytes > 0) line += fmt::format("  {}", bytes_text(device.peak_rss_bytes));
  return line;
}

}  // namespace

std::vector<std::string> display_lines(const Progress& progress, std::size_t columns, std::size_t rows) {
  std::vector<std::string> lines;
  const std::uint64_t ended = progress.skipped + progress.done + progress.failed;
  const double share =
      progress.total == 0 ? 1.0 : static_cast<double>(ended) / static_cast<double>(progress.total);
  lines.push_back(fit(bar(share, 2 * kBarColumns) + " " + progress_line(progress), columns));
  // The terminal's last row stays free for the cursor, one more for "and N more".
  const std::size_t room = rows > 4 ? rows - 3 : 1;
  for (const DeviceProgress& device : progress.devices) {
    if (lines.size() > room) {
      lines.push_back(
          fit(fmt::format("  ... and {} more devices", progress.devices.size() + 1 - lines.size()), columns));
      break;
    }
    lines.push_back(fit(device_line(device), columns));
  }
  return lines;
}

TerminalDisplay::TerminalDisplay(std::FILE* terminal) : terminal_(terminal) {}

TerminalDisplay::~TerminalDisplay() {
  if (drawn_once_) redraw();
  std::fflush(terminal_);
}

void TerminalDisplay::started(const Progress& progress) {
  last_ = progress;
  drawn_once_ = true;
  redraw();
}

void TerminalDisplay::progress(const Progress& progress) {
  last_ = progress;
  drawn_once_ = true;
  redraw();
}

void TerminalDisplay::item(const ItemEvent& event) {
  if (event.done) return;
  if (++failures_shown_ <= kFailuresShown)
    print_above(failure_line(event));
  else if (failures_shown_ == kFailuresShown + 1)
    print_above("failed: further failures are in the ledger and in summary.json");
}

void TerminalDisplay::note(const std::string& text) {
  print_above("note: " + text);
}

void TerminalDisplay::worker_died(const std::string& device, const std::string& how) {
  print_above(fmt::format("{}: worker {}", device, how));
}

// Long lines wrap here on purpose: a failure's message must not be cut.
void TerminalDisplay::print_above(const std::string& line) {
  if (drawn_lines_ > 0) fmt::print(terminal_, "\x1b[{}A\r\x1b[J", drawn_lines_);
  fmt::print(terminal_, "{}\n", fit(line, 100'000));
  drawn_lines_ = 0;
  if (drawn_once_) redraw();
}

void TerminalDisplay::redraw() {
  const TerminalSize size = size_of(terminal_);
  std::string text;
  if (drawn_lines_ > 0) text += fmt::format("\x1b[{}A\r", drawn_lines_);
  const auto lines = display_lines(last_, size.columns - 1, size.rows);
  for (const std::string& line : lines) text += line + "\x1b[K\n";
  text += "\x1b[J";
  std::fwrite(text.data(), 1, text.size(), terminal_);
  std::fflush(terminal_);
  drawn_lines_ = static_cast<int>(lines.size());
}

}  // namespace segfleet
