// SPDX-License-Identifier: Apache-2.0
// One trial: a real run of a candidate that is stopped when enough is measured. Blocking.
// Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "segfleet/run.h"

namespace segfleet {

struct TrialRequest {
  RunOptions options;  // output: a folder that is not there yet
  double window_s = 1;
  std::int64_t deadline_ns = 0;     // steady clock: it ends then at the latest
  std::set<std::string> must_have;  // stems that have to end before it may
  std::size_t pictures = 0;         // of the sample: the inputs repeat them
};

struct TrialResult {
  double images_per_s = 0;              // after loading and warming up; 0: not measured in time
  bool complete = false;                // nothing cut it short: the window was over, or every picture done
  double took_s = 0;                    // all of it
  double busy_share = 0;                // of the engines, 0 to 1
  std::uint64_t peak_memory_bytes = 0;  // of the host: resident, all workers together
  std::uint64_t peak_device_memory_bytes = 0;  // of cards and the like, all together; 0: not measured
  std::vector<std::pair<std::string, double>> stage_mean_ms;  // as RunSummary
  // Of the first pass, and any picture that killed its workers while others were computed: then the rest says
  // nothing, and the trial is to be repeated without it.
  std::vector<ItemEvent> failures;
  std::optional<Error> error;  // the candidate cannot be used; interrupted: the user asked
};

// Whether an item's error says that its workers died of it.
bool kills_workers(const Error& error);

TrialResult run_trial(const TrialRequest& request, const StopRequest& stop,
                      const std::function<void(const std::string&)>& note);

}  // namespace segfleet
