// SPDX-License-Identifier: Apache-2.0
// Time, and the workers as they are.
#include "dispatcher_world.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr double kLongestRun_s = 1e5;
constexpr std::uint64_t kStepsAnItem = 10'000;
constexpr double kStatsInterval_s = 0.25;

}  // namespace

World::World(WorldPlan plan, std::uint64_t seed) : plan_(std::move(plan)), random_(seed) {
  std::uint32_t slots = 0;
  for (const SimDevice& device : plan_.devices) slots += device.slots;
  workers_.reserve(slots);
  for (const SimDevice& device : plan_.devices) {
    const std::uint32_t index = make_device(device);
    make_slots(index);
    plan_.options.device_of_slot.insert(plan_.options.device_of_slot.end(), device.slots, index);
  }
  items_.resize(plan_.costs.size());
  plan_.poison.resize(items_.size());
  summary_.items = items_.size();
  for (const Poison poison : plan_.poison) summary_.poison += poison != Poison::none ? 1 : 0;
  for (std::size_t i = 0; i < plan_.wishes.size(); ++i) after(plan_.wishes[i].at_s, What::wished, 0, i);
  dispatcher_.emplace(plan_.options);
}

std::uint32_t World::make_device(const SimDevice& device) {
  const auto index = static_cast<std::uint32_t>(devices_.size());
  devices_.emplace_back().plan = device;
  any_dies_at_items_ = any_dies_at_items_ || device.fault == Fault::dies_at_items;
  if (device.gone_at_s < SimDevice::kNever_s)
    after(std::max(0.0, device.gone_at_s - static_cast<double>(now_ns_) * 1e-9), What::goes_for_good, 0,
          index);
  return index;
}

void World::make_slots(std::uint32_t device) {
  for (std::uint32_t i = 0; i < devices_[device].plan.slots; ++i) workers_.emplace_back().device = device;
}

std::int64_t World::draw(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
}

bool World::chance(double share) {
  return share > 0 && static_cast<double>(random_() >> 11) * 0x1p-53 < share;
}

void World::after(double seconds, What what, SlotId slot, std::uint64_t item, std::uint32_t attempt) {
  const Epoch epoch = slot < workers_.size() ? workers_[slot].epoch : 0;
  events_.push(
      {now_ns_ + static_cast<std::int64_t>(seconds * 1e9), order_++, item, slot, epoch, attempt, what});
}

void World::run() {
  dispatcher_->start(now_ns_);
  if (plan_.item_gap_s > 0) {
    for (ItemId id = 0; id < items_.size(); ++id)
      after(plan_.item_gap_s * static_cast<double>(id), What::item_listed, 0, id);
    after(plan_.item_gap_s * static_cast<double>(items_.size()), What::source_ends);
  } else {
    for (ItemId id = 0; id < items_.size(); ++id) happens({0, 0, id, 0, 0, 0, What::item_listed});
    happens({0, 0, 0, 0, 0, 0, What::source_ends});
  }
  obey();
  const std::uint64_t most_steps = kStepsAnItem * (1000 + items_.size());
  while (complaint_.empty() && !(summary_.end && events_.empty())) {
    const std::int64_t tick_ns = dispatcher_->next_tick_ns();
    expect(!events_.empty() || tick_ns != INT64_MAX, "the job goes on until it is finished");
    if (!complaint_.empty()) return;
    if (events_.empty() || tick_ns < events_.top().at_ns) {
      now_ns_ = std::max(now_ns_, tick_ns);
      ++summary_.events;
      dispatcher_->tick(now_ns_);
      obey();
    } else {
      const Event event = events_.top();
      events_.pop();
      now_ns_ = event.at_ns;
      happens(event);
      if (!events_.empty() && events_.top().at_ns == now_ns_)
        continue;  // what comes at once is handled at once
      obey();
    }
    expect(++summary_.steps < most_steps, "the job ends after a bounded number of events");
    expect(summary_.end || static_cast<double>(now_ns_) < kLongestRun_s * 1e9,
           "the job ends in bounded time");
  }
}

bool World::is_of(const Event& event) const {
  return workers_[event.slot].runs && workers_[event.slot].epoch == event.epoch;
}

void World::happens(const Event& event) {
  switch (event.what) {
    case What::item_listed:
      items_[event.item].listed = true;
      if (summary_.end) return;
      ++listed_;
      ++never_leased_;
      return dispatcher_->source_item(event.item);
    case What::source_ends:
      source_ended_ = true;
      return dispatcher_->source_end(now_ns_);
    case What::wished:
      return carry_out(plan_.wishes[event.item]);
    case What::outcome_arrives:
      return outcome_arrives(event);
    case What::death_arrives:
      return death_arrives(event.slot);
    case What::stats_arrive:
      if (is_of(event)) stats_arrive(event.slot);
      return;
    case What::goes_for_good:
      for (SlotId slot = 0; slot < workers_.size(); ++slot)
        if (workers_[slot].device == event.item) {
          for (const LeaseEntry& entry : workers_[slot].held) items_[entry.id].struck = true;
          die(slot, 0);
        }
      return;
    case What::loaded:
      if (is_of(event)) loaded(event.slot);
      return;
    case What::lease_arrives:
      if (!is_of(event)) return;
      for (std::uint64_t i = 0; i < event.item; ++i) {
        workers_[event.slot].queue.push_back(workers_[event.slot].on_the_way.front());
        workers_[event.slot].on_the_way.pop_front();
      }
      return begin_calls(event.slot);
    case What::drain_arrives:
      if (!is_of(event)) return;
      workers_[event.slot].draining = true;
      return leave_when_empty(event.slot);
    case What::call_ends:
      if (is_of(event)) call_ends(event.slot, event.attempt);
      return;
    case What::crashes:
      if (is_of(event)) crash_by_chance(event.slot);
      return;
    case What::dies:
      if (!is_of(event)) return;
      workers_[event.slot].runs = false;
      return after(plan_.latency_s, What::death_arrives, event.slot);
  }
}

void World::loaded(SlotId slot) {
  Worker& worker = workers_[slot];
  if (worker.dying) return;
  Device& device = devices_[worker.device];
  if (static_cast<double>(now_ns_) * 1e-9 >= device.plan.gone_at_s) return die(slot, 0);
  switch (device.plan.fault) {
    case Fault::dies_loading:
      return die(slot, 0);
    case Fault::hangs_loading:
      return;
    case Fault::one_cannot_load:
      if (device.plan.slots == 1) break;
      if (slot + 1 < workers_.size() && workers_[slot + 1].device == worker.device) break;
      [[fallthrough]];
    case Fault::says_load_failed:
      ++summary_.events;
      dispatcher_->worker_load_failed(slot, worker.epoch, {ErrorCode::out_of_memory, "no room"}, now_ns_);
      worker.told_to_go = true;
      return die(slot, 0.01);
    case Fault::dies_loading_at_first:
      if (device.plan.bad_loads-- > 0) return die(slot, 0);
      break;
    case Fault::none:
    case Fault::dies_at_items:
      break;
  }
  worker.lanes.resize(static_cast<std::size_t>(device.plan.lanes));
  worker.in_engine = worker.most_in_engine = device.plan.lanes * device.plan.batch;
  if (!worker.told_to_go) set_ready(slot, true);
  ++summary_.events;
  dispatcher_->worker_ready(slot, worker.epoch, {device.plan.batch, device.plan.lanes}, now_ns_);
  after(kStatsInterval_s, What::stats_arrive, slot);
}

void World::stats_arrive(SlotId slot) {
  Worker& worker = workers_[slot];
  if (worker.dying || summary_.end) return;
  const double lanes_ns = kStatsInterval_s * 1e9 * static_cast<double>(worker.lanes.size());
  double idle = std::max(0.0, 1 - static_cast<double>(worker.busy_ns) / lanes_ns);
  worker.busy_ns = 0;
  if (plan_.random_stats) idle = chance(0.5) ? 0 : static_cast<double>(draw(0, 100)) * 1e-2;
  worker.starved = worker.starved || idle > 0;
  ++summary_.events;
  dispatcher_->worker_stats(slot, worker.epoch, idle, now_ns_);
  if (plan_.random_stats && chance(0.2)) {
    const int most = devices_[worker.device].plan.batch;
    const int batch = static_cast<int>(draw(1, most));
    worker.in_engine = devices_[worker.device].plan.lanes * batch;
    dispatcher_->worker_batch(slot, worker.epoch, batch, now_ns_);
  }
  after(kStatsInterval_s, What::stats_arrive, slot);
}

void World::begin_calls(SlotId slot) {
  Worker& worker = workers_[slot];
  for (std::size_t lane = 0; lane < worker.lanes.size(); ++lane)
    if (!worker.dying && !worker.hung && worker.lanes[lane].empty() && !worker.queue.empty())
      call(slot, lane);
}

void World::call(SlotId slot, std::size_t lane) {
  Worker& worker = workers_[slot];
  const SimDevice& device = devices_[worker.device].plan;
  double seconds = device.call_s;
  bool hangs = false;
  bool kills = device.fault == Fault::dies_at_items;
  while (!worker.queue.empty() && std::ssize(worker.lanes[lane]) < device.batch) {
    const LeaseEntry entry = worker.queue.front();
    worker.queue.pop_front();
    worker.lanes[lane].push_back(entry);
    seconds += device.item_s * static_cast<double>(plan_.costs[entry.id]);
    const Poison poison = plan_.poison[entry.id];
    kills = kills || poison == Poison::kills;
    hangs = hangs || poison == Poison::hangs_lane || poison == Poison::hangs_worker;
    worker.hung = worker.hung || poison == Poison::hangs_worker;
  }
  if (kills) return die(slot, 0.001);
  if (hangs) return;
  if (chance(plan_.crash_share)) after(static_cast<double>(draw(0, 20)) * 1e-3, What::crashes, slot);
  if (static_cast<double>(now_ns_) * 1e-9 >= device.slow_at_s) seconds *= device.slow_factor;
  if (plan_.cost_jitter > 0) seconds *= 1 + plan_.cost_jitter * static_cast<double>(draw(-100, 100)) * 1e-2;
  worker.busy_ns += static_cast<std::int64_t>(seconds * 1e9);
  after(seconds, What::call_ends, slot, 0, static_cast<std::uint32_t>(lane));
}

void World::call_ends(SlotId slot, std::size_t lane) {
  Worker& worker = workers_[slot];
  if (worker.hung) return;
  for (const LeaseEntry& entry : worker.lanes[lane])
    after(plan_.latency_s, What::outcome_arrives, slot, entry.id, entry.attempt);
  worker.lanes[lane].clear();
  begin_calls(slot);
  leave_when_empty(slot);
}

// A death that no item is to blame for. Two of them alone with one item would look like its guilt: not done.
void World::crash_by_chance(SlotId slot) {
  Worker& worker = workers_[slot];
  if (worker.dying) return;
  for (const LeaseEntry& entry : worker.held)
    if (any_dies_at_items_ || plan_.poison[entry.id] != Poison::none || items_[entry.id].struck) return;
  for (const LeaseEntry& entry : worker.held) items_[entry.id].struck = true;  // it may be alone by then
  worker.by_chance = true;
  die(slot, 0);
}

void World::leave_when_empty(SlotId slot) {
  const Worker& worker = workers_[slot];
  if (!worker.draining || !worker.queue.empty()) return;
  if (std::ranges::all_of(worker.lanes, [](const auto& lane) { return lane.empty(); })) die(slot, 0.005);
}

// What its lanes finish before it is dead still counts.
void World::die(SlotId slot, double delay_s) {
  Worker& worker = workers_[slot];
  if (worker.dying || !worker.runs) return;
  worker.dying = true;
  after(delay_s, What::dies, slot);
}

}  // namespace segfleet
