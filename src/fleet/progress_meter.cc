// SPDX-License-Identifier: Apache-2.0
#include "fleet/progress_meter.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr std::int64_t kWindowNs = 5'000'000'000;

DeviceProgress starting(const std::string& name) {
  DeviceProgress entry;
  entry.device = name;
  entry.state = "starting";
  return entry;
}

}  // namespace

ProgressMeter::ProgressMeter(const WorkerPlan& plan, std::uint64_t total, std::uint64_t skipped,
                             std::int64_t start_ns)
    : start_ns_(start_ns), devices_(plan.devices.size()) {
  progress_.total = total;
  progress_.skipped = skipped;
  for (const auto& device : plan.devices) {
    entry_of_.push_back(static_cast<std::uint32_t>(progress_.devices.size()));
    progress_.devices.push_back(starting(device.name));
  }
  add_slots(plan);
  samples_.push_back(sample(start_ns));
}

void ProgressMeter::add_slots(const WorkerPlan& plan) {
  for (std::size_t i = slots_.size(); i < plan.slots.size(); ++i)
    slots_.push_back({entry_of_[plan.slots[i].device], 1, false, {}});
}

void ProgressMeter::device_added(const WorkerPlan& plan) {
  const std::string& name = plan.devices.back().name;
  const auto same = std::ranges::find(progress_.devices, name, &DeviceProgress::device);
  entry_of_.push_back(static_cast<std::uint32_t>(same - progress_.devices.begin()));
  if (same == progress_.devices.end()) {
    progress_.devices.push_back(starting(name));
    devices_.emplace_back();
  } else {
    same->state = "starting";
    same->sample = {};
    Device& device = devices_[entry_of_.back()];
    device.lost = device.removed = device.died = false;
  }
  add_slots(plan);
}

void ProgressMeter::device_removed(std::uint32_t device) {
  devices_[entry_of_[device]].removed = true;
}

void ProgressMeter::set_paused(bool paused) {
  progress_.paused = paused;
}

void ProgressMeter::take_sample(std::uint32_t device, const DeviceSample& sample) {
  progress_.devices[entry_of_[device]].sample = sample;
}

void ProgressMeter::item_done(std::uint32_t slot) {
  ++progress_.done;
  ++progress_.devices[slots_[slot].device].done;
}

void ProgressMeter::worker_started(std::uint32_t slot) {
  ++devices_[slots_[slot].device].alive;
  slots_[slot].last = {};
}

void ProgressMeter::worker_ready(std::uint32_t slot, const Ready& ready) {
  Slot& entry = slots_[slot];
  entry.lanes = std::max(1, ready.lanes);
  entry.running = true;
  ++devices_[entry.device].running;
  devices_[entry.device].died = false;
  progress_.devices[entry.device].device_name = ready.device_name;
}

void ProgressMeter::worker_stats(std::uint32_t slot, const Stats& stats) {
  Slot& entry = slots_[slot];
  Device& device = devices_[entry.device];
  const auto since_last = [&](std::int64_t Stats::*time_us) {
    return static_cast<double>(std::max<std::int64_t>(0, stats.*time_us - entry.last.*time_us));
  };
  device.busy_us += since_last(&Stats::engine_busy_us) / entry.lanes;
  device.idle_us += since_last(&Stats::engine_idle_us) / entry.lanes;
  device.wall_us += since_last(&Stats::wall_us);
  entry.last = stats;
  std::uint64_t& peak = progress_.devices[entry.device].peak_rss_bytes;
  peak = std::max(peak, stats.peak_rss_bytes);
  take_memory(entry.device, stats.memory);
  count_stages(entry.device);
}

void ProgressMeter::take_memory(std::uint32_t device, const MemoryUse& memory) {
  DeviceProgress& progress = progress_.devices[device];
  if (memory.batch > 0) progress.batch = memory.batch;
  if (memory.total_bytes == 0) return;
  progress.memory_total_bytes = memory.total_bytes;
  std::uint64_t used = 0;
  for (const Slot& slot : slots_)
    if (slot.device == device) used += slot.last.memory.used_bytes;
  progress.memory_used_bytes = std::max(progress.memory_used_bytes, used);
}

void ProgressMeter::count_stages(std::uint32_t entry) {
  DeviceProgress& device = progress_.devices[entry];
  device.queued_prepare = device.queued_infer = device.queued_finish = 0;
  device.prepare_threads = device.finish_threads = 0;
  for (const Slot& slot : slots_) {
    if (slot.device != entry || !slot.running) continue;
    device.queued_prepare += slot.last.queued_prepare;
    device.queued_infer += slot.last.queued_infer;
    device.queued_finish += slot.last.queued_finish;
    device.prepare_threads += slot.last.prepare_threads;
    device.finish_threads += slot.last.finish_threads;
  }
}

void ProgressMeter::worker_ended(std::uint32_t slot, bool expected) {
  Slot& entry = slots_[slot];
  Device& device = devices_[entry.device];
  --device.alive;
  if (entry.running) --device.running;
  entry.running = false;
  if (!expected) device.died = true;
  count_stages(entry.device);
}

void ProgressMeter::device_lost(std::uint32_t device) {
  devices_[entry_of_[device]].lost = true;
}

std::string ProgressMeter::state_of(const Device& device) const {
  if (device.lost) return "lost";
  if (device.removed) return "removed";
  if (device.running > 0) return "running";
  if (device.died) return "restarting";
  return device.alive > 0 ? "loading" : "stopped";
}

ProgressMeter::Sample ProgressMeter::sample(std::int64_t now_ns) const {
  Sample taken;
  taken.time_ns = now_ns;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    taken.done.push_back(progress_.devices[i].done);
    taken.busy_us.push_back(devices_[i].busy_us);
    taken.idle_us.push_back(devices_[i].idle_us);
    taken.wall_us.push_back(devices_[i].wall_us);
  }
  taken.finished = progress_.done + progress_.failed;
  return taken;
}

void ProgressMeter::fill_rates(const Sample& from, const Sample& to) {
  const double seconds = std::max(1e-3, static_cast<double>(to.time_ns - from.time_ns) * 1e-9);
  progress_.elapsed_s = static_cast<double>(to.time_ns - start_ns_) * 1e-9;
  progress_.items_per_s = static_cast<double>(to.finished - from.finished) / seconds;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    DeviceProgress& device = progress_.devices[i];
    device.workers = devices_[i].alive;
    device.state = state_of(devices_[i]);
    const bool was_there = i < from.done.size();  // else it was added since
    device.items_per_s = static_cast<double>(to.done[i] - (was_there ? from.done[i] : 0)) / seconds;
    const double wall_us = to.wall_us[i] - (was_there ? from.wall_us[i] : 0);
    const double busy_us = to.busy_us[i] - (was_there ? from.busy_us[i] : 0);
    const double idle_us = to.idle_us[i] - (was_there ? from.idle_us[i] : 0);
    device.busy_share = wall_us <= 0 ? 0 : std::clamp(busy_us / wall_us, 0.0, 1.0);
    device.idle_share = wall_us <= 0 ? 0 : std::clamp(idle_us / wall_us, 0.0, 1.0);
  }
  const std::uint64_t settled = progress_.skipped + to.finished;
  const std::uint64_t left = progress_.total > settled ? progress_.total - settled : 0;
  progress_.eta_s = progress_.items_per_s > 0 && !progress_.paused
                        ? static_cast<double>(left) / progress_.items_per_s
                    : left == 0 ? 0
                                : -1;
}

const Progress& ProgressMeter::update(std::int64_t now_ns) {
  Sample now = sample(now_ns);
  while (samples_.size() > 1 && samples_[1].time_ns <= now_ns - kWindowNs) samples_.pop_front();
  fill_rates(samples_.front(), now);
  samples_.push_back(std::move(now));
  return progress_;
}

const Progress& ProgressMeter::look(std::int64_t now_ns) {
  fill_rates(samples_.front(), sample(now_ns));
  return progress_;
}

const Progress& ProgressMeter::at_end(std::int64_t now_ns) {
  Sample start;
  start.time_ns = start_ns_;
  start.done.resize(devices_.size());
  start.busy_us.resize(devices_.size());
  start.idle_us.resize(devices_.size());
  start.wall_us.resize(devices_.size());
  fill_rates(start, sample(now_ns));
  return progress_;
}

}  // namespace segfleet
