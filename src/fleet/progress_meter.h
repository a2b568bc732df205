// SPDX-License-Identifier: Apache-2.0
// Counts and rates of a run, for displays: what RunObserver::progress() gets. Rates are over the last five
// seconds. Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "fleet/loop/worker_plan.h"
#include "segfleet/run.h"
#include "transport/messages.h"

namespace segfleet {

class ProgressMeter {
 public:
  ProgressMeter(const WorkerPlan& plan, std::uint64_t total, std::uint64_t skipped, std::int64_t start_ns);

  void item_done(std::uint32_t slot);
  void item_failed() { ++progress_.failed; }
  void worker_started(std::uint32_t slot);
  void worker_ready(std::uint32_t slot, const Ready& ready);
  void worker_stats(std::uint32_t slot, const Stats& stats);
  void worker_ended(std::uint32_t slot, bool expected);
  void device_lost(std::uint32_t device);
  // The plan's newest device. One of the same name that had been removed or lost, and has no worker any more,
  // goes on in its entry.
  void device_added(const WorkerPlan& plan);
  void device_removed(std::uint32_t device);
  void set_paused(bool paused);
  void take_sample(std::uint32_t device, const DeviceSample& sample);

  const Progress& progress() const { return progress_; }  // as of the last update
  const Progress& update(std::int64_t now_ns);  // call about five times a second: each call is a sample
  const Progress& look(std::int64_t now_ns);    // as of now, without a sample
  const Progress& at_end(std::int64_t now_ns);  // rates over the whole run

 private:
  struct Device {
    int alive = 0;
    int running = 0;  // of those, loaded
    bool lost = false;
    bool removed = false;
    bool died = false;   // unexpectedly, since one was last running
    double busy_us = 0;  // engine busy time, summed over workers, a lane's share
    double idle_us = 0;  // likewise, without work at hand
    double wall_us = 0;  // summed over workers
  };
  struct Slot {
    std::uint32_t device = 0;  // index into devices_
    int lanes = 1;
    bool running = false;
    Stats last;
  };
  struct Sample {
    std::int64_t time_ns = 0;
    std::vector<std::uint64_t> done;
    std::vector<double> busy_us;
    std::vector<double> idle_us;
    std::vector<double> wall_us;
    std::uint64_t finished = 0;  // done and failed
  };

  void take_memory(std::uint32_t device, const MemoryUse& memory);
  void add_slots(const WorkerPlan& plan);
  void count_stages(std::uint32_t entry);
  Sample sample(std::int64_t now_ns) const;
  void fill_rates(const Sample& from, const Sample& to);
  std::string state_of(const Device& device) const;

  Progress progress_;
  std::int64_t start_ns_;
  std::vector<Device> devices_;          // one for each entry of progress_.devices
  std::vector<std::uint32_t> entry_of_;  // of the plan's devices: index into devices_
  std::vector<Slot> slots_;
  std::deque<Sample> samples_;  // oldest first
};

}  // namespace segfleet
