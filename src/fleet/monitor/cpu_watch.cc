// SPDX-License-Identifier: Apache-2.0
#include "fleet/monitor/cpu_watch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>
#include <sstream>

#include "base/control_group.h"
#include "base/kernel_file.h"

namespace segfleet {
namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::map<int, CoreTime> parse_core_times(const std::string& proc_stat) {
  std::map<int, CoreTime> cores;
  std::istringstream lines(proc_stat);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (!name.starts_with("cpu") || name == "cpu") continue;
    const std::optional<std::int64_t> core = number_in(std::string_view(name).substr(3));
    // user nice system idle iowait irq softirq steal; a guest's time is in user's already.
    std::array<std::int64_t, 8> ticks{};
    for (std::int64_t& tick : ticks) words >> tick;
    if (!core || !words) continue;
    const std::int64_t idle = ticks[3] + ticks[4];
    std::int64_t total = 0;
    for (const std::int64_t tick : ticks) total += tick;
    cores[static_cast<int>(*core)] = {total - idle, total};
  }
  return cores;
}

std::optional<std::int64_t> parse_process_time(const std::string& proc_pid_stat) {
  const std::size_t after_name = proc_pid_stat.rfind(')');  // a name may hold blanks and parentheses
  if (after_name == std::string::npos) return std::nullopt;
  std::istringstream words(proc_pid_stat.substr(after_name + 1));
  std::string skipped;
  for (int field = 3; field <= 13; ++field) words >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  if (!(words >> user >> system)) return std::nullopt;
  return user + system;
}

std::optional<std::int64_t> parse_pressure_us(const std::string& psi) {
  std::istringstream lines(psi);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t total = line.find(" total=");
    if (line.starts_with("some ") && total != std::string::npos)
      return number_in(std::string_view(line).substr(total + 7));
  }
  return std::nullopt;
}

CpuWatch::Processes CpuWatch::read_processes(const std::vector<CoreGroup>& groups) const {
  const bool first_call = cores_.empty();
  Processes processes;
  for (const CoreGroup& group : groups) {
    if (group.cores.empty()) continue;
    const auto earlier = processes_.find(group.cores);
    for (const int pid : group.pids) {
      const auto text = read_kernel_file(root_ / "proc" / std::to_string(pid) / "stat");
      const std::optional<std::int64_t> time = text ? parse_process_time(*text) : std::nullopt;
      if (!time) continue;
      std::int64_t before = 0;  // all time of a process that is new was since the last call
      if (earlier != processes_.end())
        if (const auto found = earlier->second.find(pid); found != earlier->second.end())
          before = found->second.total;
      processes[group.cores][pid] = {*time, first_call ? 0 : std::max<std::int64_t>(0, *time - before)};
    }
  }
  return processes;
}

std::vector<std::optional<CoreGroupReading>> CpuWatch::read(const std::vector<CoreGroup>& groups) {
  std::map<int, CoreTime> cores = parse_core_times(read_kernel_file(root_ / "proc/stat").value_or(""));
  Processes processes = read_processes(groups);
  std::map<std::vector<int>, std::int64_t> ours;  // by cores: a device that was added again has the same
  for (const auto& [group, members] : processes)
    for (const auto& [pid, time] : members) ours[group] += time.spent;
  for (const auto& [group, members] : processes_)
    for (const auto& [pid, time] : members)
      if (!processes[group].contains(pid)) ours[group] += time.spent;
  std::vector<std::optional<CoreGroupReading>> readings;
  for (const CoreGroup& group : groups) {
    CoreTime spent;
    for (const int core : group.cores) {
      const auto now = cores.find(core);
      const auto before = cores_.find(core);
      if (now == cores.end() || before == cores_.end()) continue;
      spent.used += std::max<std::int64_t>(0, now->second.used - before->second.used);
      spent.total += std::max<std::int64_t>(0, now->second.total - before->second.total);
    }
    readings.emplace_back();
    if (spent.total <= 0) continue;
    const auto total = static_cast<double>(spent.total);
    readings.back() = {std::min(1.0, static_cast<double>(spent.used) / total),
                       std::clamp(static_cast<double>(spent.used - ours[group.cores]) / total, 0.0, 1.0)};
  }
  cores_ = std::move(cores);
  processes_ = std::move(processes);
  return readings;
}

std::optional<std::int64_t> CpuWatch::pressure_us() const {
  for (const ControlGroup& group : std::views::reverse(control_groups("cpu", root_)))  // our own first
    if (const auto text = read_kernel_file(group.folder / "cpu.pressure"))
      if (const std::optional<std::int64_t> us = parse_pressure_us(*text)) return us;
  return parse_pressure_us(read_kernel_file(root_ / "proc/pressure/cpu").value_or(""));
}

std::optional<double> CpuWatch::read_pressure(std::int64_t now_ns) {
  const std::optional<std::int64_t> now_us = pressure_us();
  std::optional<double> share;
  const std::int64_t span_ns = now_ns - pressure_at_ns_;
  if (now_us && pressure_us_ && span_ns > 0)
    share = std::clamp(static_cast<double>(*now_us - *pressure_us_) * 1e3 / static_cast<double>(span_ns), 0.0,
                       1.0);
  pressure_us_ = now_us;
  pressure_at_ns_ = now_ns;
  return share;
}

}  // namespace segfleet
