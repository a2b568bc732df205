// SPDX-License-Identifier: Apache-2.0
// Watches a live run's devices from outside, about once a second on a thread of its own, and tells the loop:
// what was measured, how much of each device is the run's, what the user should know.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "fleet/loop/event_loop.h"
#include "fleet/monitor/card_watch.h"
#include "fleet/monitor/device_speed.h"

namespace segfleet {

class RunMonitor {
 public:
  // Begins; before the loop's run(), on its thread. Where that cannot be, the loop's listener is told.
  // `nvml`: NVIDIA's library.
  explicit RunMonitor(EventLoop& loop, const std::filesystem::path& nvml = kNvmlLibrary);
  RunMonitor(const RunMonitor&) = delete;
  RunMonitor& operator=(const RunMonitor&) = delete;
  ~RunMonitor();  // after the loop has ended, before it goes

 private:
  void watch();
  bool sleep();      // a second; false: the end has come
  bool look_once();  // false: the loop has ended
  void remember_workers(const std::vector<DeviceWork>& work);
  std::vector<int> own_pids(const DeviceWork& work) const;
  DeviceReading reading_of(std::size_t device, const DeviceWork& work) const;

  EventLoop& loop_;
  Mutex mutex_;
  Condition changed_;
  bool end_ SEGFLEET_GUARDED_BY(mutex_) = false;
  CpuWatch cpus_;
  CardWatch cards_;
  std::vector<DeviceWork> last_work_;
  std::int64_t look_ = 0;
  std::map<std::string, std::map<int, std::int64_t>> workers_of_card_;  // pid: the look that saw it last
  std::vector<DeviceSpeed> speeds_;
  std::vector<std::optional<CoreGroupReading>> core_readings_;
  std::vector<std::optional<CardReading>> card_readings_;
  std::thread thread_;
};

}  // namespace segfleet
