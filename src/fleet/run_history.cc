// SPDX-License-Identifier: Apache-2.0
#include "fleet/run_history.h"

#include <algorithm>
#include <utility>

namespace segfleet {
namespace {

constexpr std::int64_t kSampleUs = 950'000;  // of every fourth Stats, which come every 250 ms

std::string_view name_of(WorkerEnd end) {
  switch (end) {
    case WorkerEnd::drained:
      return "drained";
    case WorkerEnd::ended:
      return "ended";
    case WorkerEnd::died:
      break;
  }
  return "died";
}

}  // namespace

RunHistory::RunHistory(const WorkerPlan& plan, Ledger& ledger) : plan_(plan), ledger_(ledger) {}

void RunHistory::worker_started(SlotId slot, int pid) {
  if (slot >= slots_.size()) slots_.resize(plan_.slots.size());
  Slot& entry = slots_[slot];
  entry = {};
  entry.worker.number = ++workers_;
  entry.worker.device = plan_.devices[plan_.slots[slot].device].name;
  entry.worker.slot = slot;
  entry.worker.pid = pid;
  entry.worker.helper_threads = plan_.slots[slot].setup.helper_threads;
  entry.worker.started_us = ledger_.run_us();
  ledger_.record(entry.worker);
}

void RunHistory::worker_ready(SlotId slot, const Ready& ready) {
  WorkerRecord& worker = slots_[slot].worker;
  worker.ready_us = ledger_.run_us();
  worker.device_name = ready.device_name;
  worker.engine_version = ready.engine_version;
  worker.batch = ready.batch;
  worker.lanes = std::max(1, ready.lanes);
  worker.load_us = ready.load_us;
  worker.loaded_from_cache = ready.loaded_from_cache;
  ledger_.record(worker);
}

void RunHistory::worker_stats(SlotId slot, const Stats& stats) {
  Slot& entry = slots_[slot];
  entry.last = stats;
  if (stats.wall_us - entry.sampled.wall_us >= kSampleUs) sample(entry);
}

void RunHistory::worker_ended(SlotId slot, const std::string& how, WorkerEnd end) {
  Slot& entry = slots_[slot];
  if (entry.last.wall_us > entry.sampled.wall_us) sample(entry);
  entry.worker.ended_us = ledger_.run_us();
  entry.worker.end = name_of(end);
  entry.worker.how = how;
  ledger_.record(entry.worker);
}

void RunHistory::sample(Slot& slot) {
  const Stats& to = slot.last;
  const Stats& from = slot.sampled;
  const std::int64_t lanes = std::max(1, slot.worker.lanes);
  RunSample taken;
  taken.at_us = slot.worker.ready_us.value_or(0) + to.wall_us;
  taken.span_us = to.wall_us - from.wall_us;
  taken.device = slot.worker.device;
  taken.worker = slot.worker.number;
  taken.busy_us = std::max<std::int64_t>(0, to.engine_busy_us - from.engine_busy_us) / lanes;
  taken.idle_us = std::max<std::int64_t>(0, to.engine_idle_us - from.engine_idle_us) / lanes;
  taken.queued_prepare = to.queued_prepare;
  taken.queued_infer = to.queued_infer;
  taken.queued_finish = to.queued_finish;
  taken.prepare_threads = to.prepare_threads;
  taken.finish_threads = to.finish_threads;
  if (to.memory.batch > 0) taken.batch = to.memory.batch;
  taken.peak_rss_bytes = static_cast<std::int64_t>(to.peak_rss_bytes);
  ledger_.record(std::move(taken));
  slot.sampled = to;
}

void RunHistory::device_sampled(std::uint32_t device, const DeviceSample& sample) {
  if (device >= device_sampled_us_.size()) device_sampled_us_.resize(plan_.devices.size());
  RunSample taken;
  taken.at_us = ledger_.run_us();
  taken.span_us = taken.at_us - std::exchange(device_sampled_us_[device], taken.at_us);
  taken.device = plan_.devices[device].name;
  taken.device_util = sample.utilization;
  taken.memory_used_bytes = sample.memory_used_bytes;
  taken.memory_total_bytes = sample.memory_total_bytes;
  taken.temperature_c = sample.temperature_c;
  taken.power_w = sample.power_w;
  taken.throttled = sample.throttled;
  taken.psi = sample.pressure;
  ledger_.record(std::move(taken));
}

void RunHistory::changed(std::string_view what) {
  ledger_.record(RunChange{ledger_.run_us(), "", std::string(what)});
}

void RunHistory::device_changed(std::uint32_t device, std::string_view what) {
  ledger_.record(RunChange{ledger_.run_us(), plan_.devices[device].name, std::string(what)});
}

void RunHistory::place(SlotId slot, RecordedOutcome& recorded) const {
  const WorkerRecord& worker = slots_[slot].worker;
  recorded.worker = worker.number;
  // Where it was noticed late that the worker is ready, its first moments would lie ahead of the present.
  const std::int64_t now_us = ledger_.run_us();
  for (std::int64_t& moment : recorded.outcome.moments_us)
    if (moment > 0) moment = std::min(now_us, moment + worker.ready_us.value_or(0));
}

}  // namespace segfleet
