// SPDX-License-Identifier: Apache-2.0
#include "fleet/run_monitor.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/start_thread.h"

namespace segfleet {
namespace {

constexpr std::chrono::seconds kPeriod{1};
// A card's reading is of the last look but one, and tells of the time since the one before that: whoever was
// a worker then is ours.
constexpr std::int64_t kLooksInAReading = 2;

}  // namespace

RunMonitor::RunMonitor(EventLoop& loop, const std::filesystem::path& nvml) : loop_(loop), cards_(nvml) {
  Result<std::thread> thread = start_thread([this] { watch(); });
  if (thread.ok())
    thread_ = std::move(thread).value();
  else
    loop_.take_samples({}, {"the devices are not watched: " + thread.error().message});
}

RunMonitor::~RunMonitor() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    end_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void RunMonitor::watch() {
  while (look_once() && sleep()) {
  }
}

bool RunMonitor::sleep() {
  const MutexLock lock(mutex_);
  while (!end_ && changed_.wait_for(mutex_, kPeriod)) {
  }
  return !end_;
}

bool RunMonitor::look_once() {
  std::vector<DeviceWork> work;
  if (!loop_.calls().run([&] { work = loop_.device_work(); })) return false;
  remember_workers(work);
  std::vector<CoreGroup> groups;
  std::vector<std::string> cards;
  for (const DeviceWork& device : work) {
    groups.push_back({device.cores, device.pids});
    cards.push_back(device.takes_part ? device.card : "");
  }
  const std::optional<double> pressure = cpus_.read_pressure(steady_now_ns());
  core_readings_ = cpus_.read(groups);
  if (std::ranges::any_of(cards, [](const std::string& card) { return !card.empty(); }))
    card_readings_ = cards_.exchange(std::move(cards));
  else
    card_readings_.clear();  // of cards that are no longer there
  std::vector<std::string> notes = cards_.take_notes();
  std::vector<DeviceSample> samples;
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (i == speeds_.size()) speeds_.emplace_back(work[i].name);
    const DeviceReading reading = reading_of(i, work[i]);
    DeviceSample& sample = samples.emplace_back(reading.card ? reading.card->sample : DeviceSample());
    if (reading.cores) sample.utilization = reading.cores->used;
    if (!work[i].cores.empty()) sample.pressure = pressure;
    if (!work[i].takes_part) continue;
    DeviceSpeed::Verdict verdict = speeds_[i].observe(reading);
    sample.speed_share = verdict.share;
    if (verdict.note) notes.push_back(std::move(*verdict.note));
  }
  last_work_ = std::move(work);
  return loop_.calls().run([&] { loop_.take_samples(samples, notes); });
}

void RunMonitor::remember_workers(const std::vector<DeviceWork>& work) {
  ++look_;
  for (const DeviceWork& device : work)
    for (const int pid : device.pids)
      if (!device.card.empty()) workers_of_card_[device.card][pid] = look_;
  for (auto& [card, workers] : workers_of_card_)
    std::erase_if(workers, [&](const auto& worker) { return worker.second < look_ - kLooksInAReading; });
}

// Also those of a device that was removed, where it is added again: by the card they are known.
std::vector<int> RunMonitor::own_pids(const DeviceWork& work) const {
  const auto card = workers_of_card_.find(work.card);
  if (card == workers_of_card_.end()) return work.pids;
  std::vector<int> pids;
  for (const auto& [pid, look] : card->second) pids.push_back(pid);
  return pids;
}

DeviceReading RunMonitor::reading_of(std::size_t device, const DeviceWork& work) const {
  DeviceReading reading;
  if (device < card_readings_.size()) reading.card = card_readings_[device];
  reading.pids = own_pids(work);
  if (!work.cores.empty() && device < core_readings_.size()) reading.cores = core_readings_[device];
  const DeviceWork before = device < last_work_.size() ? last_work_[device] : DeviceWork();
  reading.engine_us = work.engine_busy_us - before.engine_busy_us;
  reading.items = work.done - before.done;
  // Both are sums over the workers, each with its own reports.
  const std::int64_t wall_us = work.wall_us - before.wall_us;
  if (wall_us > 0)
    reading.engine_busy =
        std::min(1.0, static_cast<double>(reading.engine_us) / static_cast<double>(wall_us) *
                          static_cast<double>(work.pids.size()));
  return reading;
}

}  // namespace segfleet
