// SPDX-License-Identifier: Apache-2.0
// What a report tells of one run: figures drawn from the ledger, of a size that does not depend on the number
// of items. Thread-safety: plain data.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/ledger_reader.h"
#include "report/facts/lane_time.h"
#include "report/facts/time_bins.h"

namespace segfleet {

// Shares of lane time, 0 to 1; their sum is 1 where there is any time.
using LaneShares = std::array<double, kLaneUses>;

// The stages of the timeline; a helper thread does several of the item's stages in one go.
enum class Row : std::uint8_t { prepare, infer, finish, write };
inline constexpr std::size_t kRows = 4;

// What monitors read of a device: its share of time in use, the share in which some task waited for its
// cores.
inline constexpr std::array<std::string_view, 4> kGaugeNames = {"util", "psi", "temperature_c", "power_w"};

struct DeviceFacts {
  std::string device;
  std::string device_name;
  std::int64_t workers = 0;  // processes that were started
  std::int64_t died = 0;     // of them
  std::int64_t lanes = 0;    // of all its workers, at most at once
  double there_s = 0;        // that it had a part in the run
  std::int64_t done = 0;
  std::int64_t failed = 0;
  double load_s = 0;                                 // longest
  LaneShares shares{};                               // of the time that it was there
  std::array<std::vector<double>, kRows> occupancy;  // by bin: items at once; infer: share of lanes busy
  std::vector<double> deaths_s;                      // when workers died
  std::int64_t peak_rss_bytes = 0;                   // 0: not sampled
  // As a monitor saw it; nothing: it did not look.
  std::optional<double> util, max_temperature_c, mean_power_w, psi;
  std::optional<std::int64_t> memory_used_bytes, memory_total_bytes;
  std::int64_t throttled_samples = 0;
  std::array<std::vector<double>, kGaugeNames.size()> gauges;  // by bin; NaN: not read; empty: never
};

struct StageFacts {
  Stage stage = Stage::read;
  double mean_us = 0;
  std::vector<std::int64_t> quantiles_us;  // at kQuantiles
};
inline constexpr std::array kQuantiles = {0.5, 0.95, 1.0};

struct QueueDepths {  // mean over workers' samples of a bin; -1: no sample
  double prepare = -1, infer = -1, finish = -1;
};

struct RunFacts {
  RunRecord run;
  std::vector<RunRecord> all_runs;
  JobIdentity identity;
  std::optional<std::int64_t> earlier_run;  // the last before it that did any; where this one did none
  bool has_history = false;                 // items' moments and workers were kept: there is a timeline
  TimeBins bins;
  double first_done_s = -1;  // -1: none
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t pending = 0;
  std::int64_t retried = 0;  // items that needed more than one attempt
  std::vector<std::int64_t> done_by_bin, failed_by_bin;
  std::vector<LaneShares> shares_by_bin;  // over all devices
  std::vector<QueueDepths> queues_by_bin;
  LaneShares shares{};  // over all devices and the whole run
  std::vector<DeviceFacts> devices;
  std::vector<RunChange> changes;
  std::vector<StageFacts> stages;
  std::vector<ItemRecord> slowest, failures;
  std::vector<FailureCount> failure_counts;
  std::vector<ClassCount> classes;
  std::optional<DecodeEffect> fast_decode, nvjpeg;  // of a run with that option that did anything
  std::string limit;                                // one sentence: what the run waited for
  std::string advice;                               // one sentence: what would help; empty: nothing
};

}  // namespace segfleet
