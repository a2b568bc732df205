// SPDX-License-Identifier: Apache-2.0
// Plays the coordinator by hand: passes events to a Dispatcher and keeps what its actions asked for.
#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fleet/dispatch/dispatcher.h"

namespace segfleet {

inline constexpr std::int64_t kSecond_ns = 1'000'000'000;

class Driver {
 public:
  explicit Driver(DispatcherOptions options)
      : slots(options.device_of_slot.size()), dispatcher(std::move(options)) {}

  // Starts with items 0 to count - 1 and the source at its end.
  void start(std::uint64_t count) {
    dispatcher.start(now_ns);
    for (ItemId id = 0; id < count; ++id) dispatcher.source_item(id);
    dispatcher.source_end(now_ns);
    obey();
  }
  void ready(SlotId slot, int batch = 1, int lanes = 1) {
    dispatcher.worker_ready(slot, slots[slot].epoch, {batch, lanes}, now_ns);
    obey();
  }
  bool done(SlotId slot, ItemId id) { return outcome(slot, id, &Dispatcher::item_done); }
  bool failed(SlotId slot, ItemId id) { return outcome(slot, id, &Dispatcher::item_failed); }
  void done_all(SlotId slot) {
    while (!slots[slot].held.empty()) done(slot, slots[slot].held.begin()->first);
  }
  void die(SlotId slot, const std::string& how = "killed by signal 11") {
    slots[slot].held.clear();
    slots[slot].alive = false;
    dispatcher.worker_died(slot, slots[slot].epoch, how, now_ns);
    obey();
  }
  Result<std::uint32_t> add_device(const std::string& name, std::uint32_t count) {
    Result<std::uint32_t> added = dispatcher.add_device(name, count, now_ns);
    if (added.ok()) slots.resize(slots.size() + count);
    obey();
    return added;
  }
  // Time goes on to `at_ns`, with the ticks that were asked for on the way.
  void run_until(std::int64_t at_ns) {
    while (dispatcher.next_tick_ns() <= at_ns) {
      now_ns = std::max(now_ns, dispatcher.next_tick_ns());
      dispatcher.tick(now_ns);
      obey();
    }
    now_ns = at_ns;
  }
  void respawn(SlotId slot, int batch = 1, int lanes = 1) {  // waits for the restart delay, then loads
    while (!slots[slot].alive && dispatcher.next_tick_ns() != INT64_MAX) run_until(dispatcher.next_tick_ns());
    ready(slot, batch, lanes);
  }
  std::vector<ItemId> held(SlotId slot) const {
    std::vector<ItemId> ids;
    for (const auto& [id, attempt] : slots[slot].held) ids.push_back(id);
    return ids;
  }
  void obey() {
    for (Action& action : dispatcher.take_actions()) std::visit([this](auto& a) { apply(a); }, action);
  }

  struct Worker {
    Epoch epoch = 0;
    bool alive = false;
    bool drained = false;
    std::string killed_because;
    std::map<ItemId, std::uint32_t> held;
    int leases = 0;
  };
  std::int64_t now_ns = 0;
  std::vector<Worker> slots;
  std::vector<RecordFailure> failures;
  std::vector<DeviceLost> lost;
  std::vector<SlotRetired> retired;
  std::optional<Status> finished;
  Dispatcher dispatcher;

 private:
  bool outcome(SlotId slot, ItemId id,
               bool (Dispatcher::*event)(SlotId, Epoch, ItemId, std::uint32_t, std::int64_t)) {
    const auto entry = slots[slot].held.find(id);
    if (entry == slots[slot].held.end()) return false;
    const bool counted = (dispatcher.*event)(slot, slots[slot].epoch, id, entry->second, now_ns);
    slots[slot].held.erase(entry);
    obey();
    return counted;
  }
  void apply(const SpawnWorker& a) {
    slots[a.slot] = Worker{};
    slots[a.slot].epoch = a.epoch;
    slots[a.slot].alive = true;
  }
  void apply(const SendLease& a) {
    for (const LeaseEntry& entry : a.items) slots[a.slot].held.emplace(entry.id, entry.attempt);
    ++slots[a.slot].leases;
  }
  void apply(const DrainWorker& a) { slots[a.slot].drained = true; }
  void apply(const KillWorker& a) { slots[a.slot].killed_because = a.why; }
  void apply(const RecordFailure& a) { failures.push_back(a); }
  void apply(const DeviceLost& a) { lost.push_back(a); }
  void apply(const SlotRetired& a) { retired.push_back(a); }
  void apply(const Finished& a) { finished = a.status; }
};

// One slot on each of `count` devices.
inline DispatcherOptions devices(std::uint32_t count) {
  DispatcherOptions options;
  for (std::uint32_t device = 0; device < count; ++device) options.device_of_slot.push_back(device);
  return options;
}

}  // namespace segfleet
