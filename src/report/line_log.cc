// SPDX-License-Identifier: Apache-2.0
#include "report/line_log.h"

#include <fmt/format.h>

#include "report/text.h"

namespace segfleet {
namespace {
constexpr double kSecondsBetweenLines = 10;
}

void LineLog::print(const std::string& line) {
  put(out_, printable(line) + "\n");
}

void LineLog::started(const Progress& progress) {
  if (quiet_) return;
  std::string devices;
  for (const DeviceProgress& device : progress.devices)
    devices += (devices.empty() ? "" : ", ") + device.device;
  print(fmt::format("{} images, {} done before, on {}", progress.total, progress.skipped,
                    devices.empty() ? "no device" : devices));
  next_line_s_ = progress.elapsed_s + kSecondsBetweenLines;
}

void LineLog::progress(const Progress& progress) {
  if (quiet_ || progress.elapsed_s < next_line_s_) return;
  next_line_s_ = progress.elapsed_s + kSecondsBetweenLines;
  std::string line = progress_line(progress);
  for (const DeviceProgress& device : progress.devices)
    line += fmt::format("; {} {} {} images/s busy {}", device.device, device.state,
                        rate_text(device.items_per_s), percent_text(device.busy_share));
  print(line);
}

void LineLog::item(const ItemEvent& event) {
  if (!event.done) print(failure_line(event));
}

void LineLog::note(const std::string& text) {
  if (!quiet_) print("note: " + text);
}

void LineLog::worker_died(const std::string& device, const std::string& how) {
  if (!quiet_) print(fmt::format("{}: worker {}", device, how));
}

}  // namespace segfleet
