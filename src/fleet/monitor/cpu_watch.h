// SPDX-License-Identifier: Apache-2.0
// What the kernel tells of cores: how much of their time was used and by whom, and how long tasks waited for
// one. Thread-safety: one thread at a time. `root`: where /proc and /sys are found; other than "/" for tests.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segfleet {

// In the kernel's ticks.
struct CoreTime {
  std::int64_t used = 0;  // by anybody, also by another guest of this machine's host (steal)
  std::int64_t total = 0;
};
// Of each core in /proc/stat; of lines that are none, nothing.
std::map<int, CoreTime> parse_core_times(const std::string& proc_stat);
// User and system time in a process's /proc/PID/stat; nothing where that is none.
std::optional<std::int64_t> parse_process_time(const std::string& proc_pid_stat);
// Of a PSI file, how long some task waited so far, in microseconds.
std::optional<std::int64_t> parse_pressure_us(const std::string& psi);

struct CoreGroup {
  std::vector<int> cores;
  std::vector<int> pids;  // our processes on them
};
struct CoreGroupReading {
  double used = 0;    // share of the cores' time, 0 to 1
  double others = 0;  // of that, what none of our processes used
};

class CpuWatch {
 public:
  explicit CpuWatch(std::filesystem::path root = "/") : root_(std::move(root)) {}

  // Since the last call, in the order of `groups`; nothing at the first call, or where the kernel does not
  // tell. A process that has ended since then is taken to have used as much as between the two calls before.
  std::vector<std::optional<CoreGroupReading>> read(const std::vector<CoreGroup>& groups);

  // The share of the time since the last call, 0 to 1, in which some task waited for a core: of this
  // process's control group where it is told, else of the machine.
  std::optional<double> read_pressure(std::int64_t now_ns);

 private:
  std::optional<std::int64_t> pressure_us() const;

  std::filesystem::path root_;
  struct ProcessTime {
    std::int64_t total = 0;  // ticks
    std::int64_t spent = 0;  // of them, between the last two calls
  };
  using Processes = std::map<std::vector<int>, std::map<int, ProcessTime>>;  // by cores and pid
  Processes read_processes(const std::vector<CoreGroup>& groups) const;

  std::map<int, CoreTime> cores_;            // at the last call
  Processes processes_;                      // likewise
  std::optional<std::int64_t> pressure_us_;  // at the last call
  std::int64_t pressure_at_ns_ = 0;
};

}  // namespace segfleet
