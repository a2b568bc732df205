// SPDX-License-Identifier: Apache-2.0
// The dispatcher's wishes, carried out.
#include <fmt/format.h>

#include "base/clock.h"
#include "fleet/loop/event_loop.h"

namespace segfleet {

WorkerLink* EventLoop::link(SlotId slot, Epoch epoch) {
  if (slot >= links_.size() || !links_[slot] || links_[slot]->epoch() != epoch) return nullptr;
  return &*links_[slot];
}

void EventLoop::carry_out_actions() {
  for (std::vector<Action> actions = dispatcher_.take_actions(); !actions.empty();
       actions = dispatcher_.take_actions())
    for (const Action& action : actions) std::visit([this](const auto& wish) { carry_out(wish); }, action);
}

void EventLoop::carry_out(const SpawnWorker& action) {
  Result<WorkerLink> started = WorkerLink::start(plan_, plan_.slots[action.slot], action.epoch);
  if (!started.ok())
    return dispatcher_.worker_died(action.slot, action.epoch, started.error().message, steady_now_ns());
  WorkerLink& worker = links_[action.slot].emplace(std::move(started).value());
  ++living_;
  last_stats_[action.slot] = {};
  listener_.worker_started(action.slot, worker.pid());
  if (const Status watched = watch_link(action.slot, worker); !watched.ok()) fail(watched.error());
}

void EventLoop::carry_out(const SendLease& action) {
  WorkerLink* worker = link(action.slot, action.epoch);
  if (worker == nullptr) return;
  std::vector<LeasedItem> items;
  items.reserve(action.items.size());
  for (const LeaseEntry& entry : action.items) items.push_back(feed_.leased(entry));
  if (const Status sent = worker->send_lease(std::move(items)); !sent.ok())
    worker->kill("killed: " + sent.error().message);
  update_watch(action.slot);
}

void EventLoop::carry_out(const DrainWorker& action) {
  WorkerLink* worker = link(action.slot, action.epoch);
  if (worker == nullptr) return;
  worker->phase = WorkerLink::Phase::leaving;
  if (worker->leased == 0) leave(*worker);
  if (const Status sent = worker->send(Drain{}); !sent.ok()) worker->kill("killed: " + sent.error().message);
  update_watch(action.slot);
}

void EventLoop::carry_out(const KillWorker& action) {
  if (WorkerLink* worker = link(action.slot, action.epoch)) worker->kill(action.why);
}

void EventLoop::carry_out(const RecordFailure& action) {
  if (const Status status = listener_.failure_by_dispatcher(action); !status.ok()) fail(status.error());
}

void EventLoop::carry_out(const DeviceLost& action) {
  share_host_memory(plan_, takes_part());
  if (!failure_) listener_.device_lost(action.device, action.error);  // else the run's end tells it
}

void EventLoop::carry_out(const SlotRetired& action) {
  if (failure_) return;
  listener_.note(fmt::format("{}: a worker could not load and is left out, {} of the device {} on: {}",
                             plan_.devices[plan_.slots[action.slot].device].name,
                             action.others == 1 ? "1 other" : fmt::format("{} others", action.others),
                             action.others == 1 ? "goes" : "go", action.error.message));
}

void EventLoop::carry_out(const Finished& action) {
  finished_ = action.status;
  // Whoever was not told otherwise has nothing left to do.
  for (SlotId slot = 0; slot < links_.size(); ++slot) {
    if (!links_[slot]) continue;
    if (action.status.ok())
      carry_out(DrainWorker{slot, links_[slot]->epoch()});
    else
      links_[slot]->kill("killed: the run has ended");
  }
}

}  // namespace segfleet
