// SPDX-License-Identifier: Apache-2.0
#include "dispatcher_world.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr double kLongestRun_s = 1e5;
constexpr std::uint64_t kMostSteps = 2'000'000;
const ErrorCode kAbortCode = ErrorCode::no_space;

}  // namespace

World::World(std::uint64_t seed) : random_(seed) {
  make_devices();
  make_items();
  options_.item_timeout_ns = 5'000'000'000;
  options_.load_timeout_ns = 20'000'000'000;
  options_.one_at_a_time = chance(0.1);
  dispatcher_.emplace(options_);
  plan_end();
}

std::int64_t World::draw(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
}

bool World::chance(double share) {
  return static_cast<double>(random_() >> 11) * 0x1p-53 < share;
}

void World::after(double seconds, std::function<void()> what) {
  events_.push({now_ns_ + static_cast<std::int64_t>(seconds * 1e9), order_++, std::move(what)});
}

void World::make_devices() {
  const bool faulty = chance(0.4);
  const auto count = static_cast<std::uint32_t>(draw(1, 6));
  for (std::uint32_t index = 0; index < count; ++index) {
    SimDevice device;
    if (faulty && chance(0.4)) device.fault = static_cast<Fault>(draw(1, 5));
    device.item_s = static_cast<double>(draw(1, 50)) * 1e-3;
    device.lanes = static_cast<int>(draw(1, 4));
    device.batch = static_cast<int>(draw(1, 4));
    device.bad_loads = static_cast<int>(draw(1, 4));
    any_dies_at_items_ = any_dies_at_items_ || device.fault == Fault::dies_at_items;
    devices_.push_back(device);
    for (std::int64_t slot = draw(1, 3); slot > 0; --slot) options_.device_of_slot.push_back(index);
  }
  workers_.resize(options_.device_of_slot.size());
  crash_share_ = chance(0.4) ? 0.01 : 0;
}

void World::make_items() {
  const std::int64_t count = chance(0.1) ? draw(0, 5) : draw(0, 300);
  const double poison = chance(0.5) ? 0 : chance(0.8) ? 0.03 : 0.4;
  items_.resize(static_cast<std::size_t>(count));
  for (Item& item : items_) {
    if (chance(poison)) item.poison = chance(0.7) ? Poison::kills : static_cast<Poison>(draw(2, 3));
    summary_.poison += item.poison != Poison::none ? 1 : 0;
  }
  summary_.items = items_.size();
}

void World::plan_end() {
  if (chance(0.1)) {
    after(static_cast<double>(draw(0, 3000)) * 1e-3, [this] {
      stopped_ = true;
      dispatcher_->stop(now_ns_);
    });
  }
  if (chance(0.05)) {
    after(static_cast<double>(draw(0, 3000)) * 1e-3, [this] {
      aborted_ = !summary_.end;
      dispatcher_->abort({kAbortCode, "disk full"}, now_ns_);
    });
  }
}

void World::run() {
  dispatcher_->start(now_ns_);
  const bool trickle = chance(0.2);
  double at_s = 0;
  for (ItemId id = 0; id < items_.size(); ++id) {
    if (trickle) at_s += static_cast<double>(draw(0, 20)) * 1e-3;
    after(at_s, [this, id] {
      items_[id].listed = true;
      if (summary_.end) return;
      ++listed_;
      ++never_leased_;
      dispatcher_->source_item(id);
    });
  }
  after(at_s, [this] {
    source_ended_ = true;
    dispatcher_->source_end(now_ns_);
  });
  obey();
  while (complaint_.empty() && !(summary_.end && events_.empty())) {
    const std::int64_t tick_ns = dispatcher_->next_tick_ns();
    expect(!events_.empty() || tick_ns != INT64_MAX, "the job goes on until it is finished");
    if (!complaint_.empty()) return;
    if (events_.empty() || tick_ns < events_.top().at_ns) {
      now_ns_ = std::max(now_ns_, tick_ns);
      dispatcher_->tick(now_ns_);
      obey();
    } else {
      const Event event = events_.top();
      events_.pop();
      now_ns_ = event.at_ns;
      event.what();
      if (!events_.empty() && events_.top().at_ns == now_ns_)
        continue;  // what comes at once is handled at once
      obey();
    }
    expect(++summary_.steps < kMostSteps, "the job ends after a bounded number of events");
    expect(summary_.end || static_cast<double>(now_ns_) < kLongestRun_s * 1e9,
           "the job ends in bounded time");
  }
}

void World::loaded(SlotId slot, Epoch epoch) {
  Worker& worker = workers_[slot];
  if (!worker.alive || worker.dying || worker.epoch != epoch) return;
  SimDevice& device = devices_[options_.device_of_slot[slot]];
  switch (device.fault) {
    case Fault::dies_loading:
      return die(slot, epoch, 0);
    case Fault::hangs_loading:
      return;
    case Fault::says_load_failed:
      dispatcher_->worker_load_failed(slot, epoch, {ErrorCode::out_of_memory, "no room"}, now_ns_);
      worker.told_to_go = true;
      return die(slot, epoch, 0.01);
    case Fault::dies_loading_at_first:
      if (device.bad_loads > 0) {
        --device.bad_loads;
        return die(slot, epoch, 0);
      }
      break;
    case Fault::none:
    case Fault::dies_at_items:
      break;
  }
  worker.ready = !worker.told_to_go;
  dispatcher_->worker_ready(slot, epoch, {device.batch, device.lanes}, now_ns_);
  after(0.25, [this, slot, epoch] { send_stats(slot, epoch); });
}

void World::send_stats(SlotId slot, Epoch epoch) {
  const Worker& worker = workers_[slot];
  if (!worker.alive || worker.dying || worker.epoch != epoch || summary_.end) return;
  dispatcher_->worker_stats(slot, epoch, chance(0.5) ? 0 : static_cast<double>(draw(0, 100)) * 1e-2, now_ns_);
  after(0.25, [this, slot, epoch] { send_stats(slot, epoch); });
}

void World::begin_items(SlotId slot) {
  Worker& worker = workers_[slot];
  const SimDevice& device = devices_[options_.device_of_slot[slot]];
  while (worker.alive && !worker.dying && !worker.hung && worker.busy_lanes < device.lanes &&
         !worker.queue.empty()) {
    const LeaseEntry entry = worker.queue.front();
    worker.queue.pop_front();
    ++worker.busy_lanes;
    begin(slot, entry);
  }
}

void World::begin(SlotId slot, LeaseEntry entry) {
  Worker& worker = workers_[slot];
  const SimDevice& device = devices_[options_.device_of_slot[slot]];
  const Epoch epoch = worker.epoch;
  if (device.fault == Fault::dies_at_items || items_[entry.id].poison == Poison::kills)
    return die(slot, epoch, 0.001);
  if (items_[entry.id].poison == Poison::hangs_worker) worker.hung = true;
  if (items_[entry.id].poison != Poison::none) return;
  if (chance(crash_share_)) crash_by_chance(slot, epoch);
  const double seconds = device.item_s * static_cast<double>(draw(50, 150)) * 1e-2;
  after(seconds, [this, slot, epoch, entry] {
    Worker& then = workers_[slot];
    if (!then.alive || then.epoch != epoch || then.hung) return;
    --then.busy_lanes;
    give_outcome(slot, epoch, entry);
    begin_items(slot);
  });
}

// A death that no item is to blame for. Two of them alone with one item would look like its guilt: not done.
void World::crash_by_chance(SlotId slot, Epoch epoch) {
  const double delay_s = static_cast<double>(draw(0, 20)) * 1e-3;
  after(delay_s, [this, slot, epoch] {
    const Worker& worker = workers_[slot];
    if (!worker.alive || worker.dying || worker.epoch != epoch) return;
    if (worker.held.size() == 1) {
      const Item& item = items_[worker.held.begin()->first];
      if (any_dies_at_items_ || item.poison != Poison::none || !item.struck_by.empty()) return;
    }
    die(slot, epoch, 0);
  });
}

void World::give_outcome(SlotId slot, Epoch epoch, LeaseEntry entry) {
  Worker& worker = workers_[slot];
  expect(!dispatcher_->item_done(slot, epoch, entry.id, entry.attempt + 1, now_ns_),
         "a wrong attempt is refused");
  expect(!dispatcher_->item_done(slot, epoch - 1, entry.id, entry.attempt, now_ns_),
         "an older epoch is refused");
  expect(!dispatcher_->item_done(slot + 1, epoch, entry.id, entry.attempt, now_ns_),
         "another slot is refused");
  const bool counted = chance(0.1) ? dispatcher_->item_failed(slot, epoch, entry.id, entry.attempt, now_ns_)
                                   : dispatcher_->item_done(slot, epoch, entry.id, entry.attempt, now_ns_);
  expect(counted == (!summary_.end && !aborted_), "an outcome of a leased item counts until the end");
  if (counted) {
    Item& item = items_[entry.id];
    expect(!item.over, "every item has one outcome");
    item.over = true;
    devices_[options_.device_of_slot[slot]].works = true;
    item.leased_to = -1;
    item.suspect = false;
    --leased_;
    ++summary_.done;
  }
  worker.held.erase(entry.id);
  expect(!dispatcher_->item_done(slot, epoch, entry.id, entry.attempt, now_ns_),
         "a second outcome is refused");
  leave_when_empty(slot);
}

void World::leave_when_empty(SlotId slot) {
  const Worker& worker = workers_[slot];
  if (worker.alive && worker.draining && worker.held.empty()) die(slot, worker.epoch, 0.005);
}

void World::die(SlotId slot, Epoch epoch, double delay_s) {
  Worker& worker = workers_[slot];
  if (worker.dying || !worker.alive || worker.epoch != epoch) return;
  // What its lanes finish before the death is noticed still counts.
  worker.dying = true;
  after(delay_s, [this, slot, epoch] { dead(slot, epoch); });
}

void World::dead(SlotId slot, Epoch epoch) {
  Worker& worker = workers_[slot];
  const std::uint32_t device = options_.device_of_slot[slot];
  ++summary_.deaths;
  died_since_.insert(slot);
  devices_[device].had_death = true;
  const bool alone = worker.held.size() == 1;
  for (const auto& [id, attempt] : worker.held) {
    Item& item = items_[id];
    item.leased_to = -1;
    item.suspect = true;
    if (alone) {
      item.died_on = device;
      item.struck_by.insert(device);
    }
    if (summary_.end) continue;
    suspects_waiting_.insert(id);
    --leased_;
  }
  const std::map<ItemId, std::uint32_t> held = worker.held;
  worker = Worker{};
  worker.epoch = epoch;
  dispatcher_->worker_died(slot, epoch, "killed by signal 11", now_ns_);
  for (const auto& [id, attempt] : held)
    expect(!dispatcher_->item_done(slot, epoch, id, attempt, now_ns_),
           "an outcome after the death is refused");
  dispatcher_->worker_died(slot, epoch, "told twice", now_ns_);
}

}  // namespace segfleet
