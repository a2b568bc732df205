// SPDX-License-Identifier: Apache-2.0
// What the ledger keeps of a run's course beside its items. All times are microseconds of the run's clock,
// which is monotonic and starts with Ledger::begin_run(). Thread-safety: plain data.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace segfleet {

// One process from start to end. A later record of the same number replaces the earlier one.
struct WorkerRecord {
  std::int64_t number = 0;  // counts a run's workers, from 1
  std::string device;       // "cpu:0-3"
  std::uint32_t slot = 0;   // its place in the run's plan; its successor has the same
  int pid = 0;
  int helper_threads = 0;
  std::int64_t started_us = 0;
  std::optional<std::int64_t> ready_us;  // nothing: it never said that it is ready; nor what follows
  std::string device_name;               // as the engine calls the device
  std::string engine_version;
  int batch = 0;
  int lanes = 0;
  std::int64_t load_us = 0;
  bool loaded_from_cache = false;
  std::optional<std::int64_t> ended_us;  // nothing: it is running
  std::string end;                       // "drained", "ended" or "died" (WorkerEnd)
  std::string how;                       // "exited with 0"
};

// What was measured over `span_us` up to `at_us`, of a worker or of a device. What is not measured is left
// out.
struct RunSample {
  std::int64_t at_us = 0;
  std::int64_t span_us = 0;
  std::string device;
  std::optional<std::int64_t> worker;   // WorkerRecord::number; nothing: of the device
  std::optional<std::int64_t> busy_us;  // of the span, mean of the engine's lanes
  std::optional<std::int64_t> idle_us;  // likewise: without work at hand
  std::optional<std::int64_t> queued_prepare, queued_infer, queued_finish;  // items, at at_us
  std::optional<std::int64_t> prepare_threads, finish_threads;              // helper threads at work at at_us
  std::optional<std::int64_t> batch;                                        // items per engine call at at_us
  std::optional<std::int64_t> peak_rss_bytes;                               // of the worker's process so far
  // Of the device.
  std::optional<double> device_util;  // 0 to 1
  std::optional<std::int64_t> memory_used_bytes, memory_total_bytes;
  std::optional<double> temperature_c;
  std::optional<double> power_w;
  std::optional<bool> throttled;
  std::optional<double> psi;  // share of the span in which some task waited for the device's cores, 0 to 1
};

// What a user, or a failure, changed of a run while it went on.
struct RunChange {
  std::int64_t at_us = 0;
  std::string device;  // empty: of the whole run
  std::string what;    // of a device "added", "removed" or "lost"; of the run "paused" or "resumed"
};

}  // namespace segfleet
