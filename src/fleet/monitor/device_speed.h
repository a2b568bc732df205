// SPDX-License-Identifier: Apache-2.0
// From what was measured of a device to the share of its full speed that is this run's now, and what the user
// is told. Pure: no clock, no I/O. Thread-safety: one thread at a time.
//
// - Heat, or lack of power: as far as the clock fell; to a half where the clock is not known.
// - Someone else's work: what the driver tells of other processes on a card; where it does not know ours, a
//   card that computes while our engine does not; cores whose time other programs (or other guests of the
//   host) had. What they took is not ours.
// - Slowed: an item takes the engine at least kSlowedFactor times as long as it did at its best. The best is
//   forgotten slowly, since pictures may have become harder.
// The smallest of these counts, at once; it goes back as soon as the reason is gone (the dispatcher lets the
// credit grow slowly). A reason is told once it has held for kSteady readings, and its end likewise.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "fleet/monitor/cpu_watch.h"
#include "fleet/monitor/nvml.h"

namespace segfleet {

// Of about the last second.
struct DeviceReading {
  std::optional<CardReading> card;
  std::vector<int> pids;  // of our workers on the card, those that have just ended included
  std::optional<CoreGroupReading> cores;
  double engine_busy = 0;      // share of the time in which one of our workers' engines computed, 0 to 1
  std::int64_t engine_us = 0;  // engine time of the items that ended
  std::uint64_t items = 0;     // that ended
};

class DeviceSpeed {
 public:
  static constexpr int kSteady = 3;
  static constexpr double kSlowedFactor = 2;

  explicit DeviceSpeed(std::string device) : device_(std::move(device)) {}

  struct Verdict {
    double share = 1;  // 0 to 1
    std::optional<std::string> note;
  };
  Verdict observe(const DeviceReading& reading);

 private:
  enum class Reason { none, heat, power, others, slowed };
  struct Finding {
    Reason reason = Reason::none;
    double share = 1;
    std::string text;
  };
  Finding judge(const DeviceReading& reading);
  Finding judge_others_on_card(const DeviceReading& reading);
  std::optional<Finding> judge_item_time(const DeviceReading& reading);
  std::optional<std::string> note_of(const Finding& finding);
  std::optional<std::string> note_of_blindness();

  std::string device_;
  std::int64_t engine_us_ = 0;  // since an item was done
  double item_us_ = 0;          // smoothed; 0: not known yet
  double best_item_us_ = 0;     // 0: not known yet
  int item_readings_ = 0;
  Reason told_ = Reason::none;
  Reason last_ = Reason::none;
  int same_ = 0;   // readings in a row with `last_`
  int blind_ = 0;  // readings in a row in which the driver did not know our workers though they computed
  bool blindness_told_ = false;
};

}  // namespace segfleet
