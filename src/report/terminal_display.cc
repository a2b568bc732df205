// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_display.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "base/byte_size.h"
#include "report/text.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kFailuresShown = 20;
constexpr std::size_t kBarColumns = 24;

}  // namespace

bool can_redraw(std::FILE* stream) {
  const char* terminal = std::getenv("TERM");
  const std::string_view name = terminal == nullptr ? "" : terminal;
  return !name.empty() && name != "dumb" && ::isatty(::fileno(stream)) == 1;
}

TerminalSize size_of(std::FILE* terminal) {
  struct winsize window {};
  if (::ioctl(::fileno(terminal), TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0)
    return {};
  return {window.ws_col, window.ws_row};
}

std::vector<std::string> display_lines(const Progress& progress, std::size_t columns, std::size_t rows) {
  std::vector<std::string> lines;
  lines.push_back(fit(bar(ended_share(progress), kBarColumns) + " " + progress_line(progress), columns));
  // The terminal's last row stays free for the cursor; where not all devices fit, one row says how many.
  const std::size_t room = rows > 2 ? rows - 2 : 0;
  const std::size_t total = progress.devices.size();
  const std::size_t shown = total <= room ? total : room - std::min<std::size_t>(room, 1);
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(fit(device_line(progress.devices[i]), columns));
  if (shown < total && room > 0)
    lines.push_back(fit(fmt::format("  ... and {} more devices", total - shown), columns));
  return lines;
}

TerminalDisplay::TerminalDisplay(std::FILE* terminal) : terminal_(terminal) {}

void TerminalDisplay::started(const Progress& at_start) {
  progress(at_start);
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
  put(terminal_, to_start(size_of(terminal_).columns) + "\x1b[J" + printable(line) + "\n");
  drawn_columns_.clear();
  if (drawn_once_) redraw();
}

// Lines that were drawn on a wider terminal have wrapped when it became narrow.
std::string TerminalDisplay::to_start(std::size_t columns) const {
  std::size_t rows = 0;
  for (const std::size_t drawn : drawn_columns_)
    rows += std::max<std::size_t>(1, (drawn + columns - 1) / columns);
  return rows == 0 ? "\r" : fmt::format("\x1b[{}A\r", rows);
}

void TerminalDisplay::redraw() {
  const TerminalSize size = size_of(terminal_);
  std::string text = to_start(size.columns);
  drawn_columns_.clear();
  for (const std::string& line : display_lines(last_, size.columns - 1, size.rows)) {
    text += line + "\x1b[K\n";
    drawn_columns_.push_back(columns_of(line));
  }
  put(terminal_, text + "\x1b[J");
}

}  // namespace segfleet
