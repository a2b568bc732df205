// SPDX-License-Identifier: Apache-2.0
// The coordinator's part of the world: obeys the actions, checks each against the promises.
#include <algorithm>

#include "dispatcher_world.h"

namespace segfleet {

void World::expect(bool holds, const std::string& promise) {
  if (holds || !complaint_.empty()) return;
  complaint_ = promise + " (at " + std::to_string(static_cast<double>(now_ns_) * 1e-9) + " s)";
}

void World::obey() {
  const bool was_over = summary_.end.has_value();
  const std::vector<Action> actions = dispatcher_->take_actions();
  expect(!was_over || actions.empty(), "nothing is asked for after the end");
  for (const Action& action : actions) {
    expect(!summary_.end, "Finished is the last action");
    std::visit([this](const auto& a) { apply(a); }, action);
  }
  died_since_.clear();
  if (summary_.end) return;
  check_counts();
  if (!stopped_) check_idle();
}

void World::apply(const SpawnWorker& action) {
  Worker& worker = workers_[action.slot];
  expect(!worker.alive, "a slot has one worker at a time");
  expect(action.epoch == worker.epoch + 1, "epochs count up");
  expect(!devices_[options_.device_of_slot[action.slot]].lost, "a lost device gets no worker");
  worker = Worker{};
  worker.epoch = action.epoch;
  worker.alive = true;
  const double load_s = static_cast<double>(draw(10, 500)) * 1e-3;
  after(load_s, [this, slot = action.slot, epoch = action.epoch] { loaded(slot, epoch); });
}

void World::apply(const SendLease& action) {
  Worker& worker = workers_[action.slot];
  const SimDevice& device = devices_[options_.device_of_slot[action.slot]];
  ++summary_.leases;
  expect(worker.alive && worker.ready && !worker.told_to_go && worker.epoch == action.epoch,
         "only workers that are ready get items");
  expect(!stopped_, "nothing is handed out after a stop");
  for (const LeaseEntry& entry : action.items) {
    Item& item = items_[entry.id];
    expect(item.listed && !item.over, "only open items are leased");
    expect(item.leased_to < 0, "no item is leased twice at once");
    expect(entry.attempt == item.attempts + 1, "attempts count up");
    expect(dispatcher_->attempts_of(entry.id) == entry.attempt, "attempts_of() counts the leases");
    never_leased_ -= item.attempts == 0 ? 1 : 0;
    suspects_waiting_.erase(entry.id);
    item.attempts = entry.attempt;
    item.leased_to = static_cast<int>(action.slot);
    worker.held.emplace(entry.id, entry.attempt);
    worker.queue.push_back(entry);
    ++leased_;
  }
  for (const auto& [id, attempt] : worker.held)
    expect(!items_[id].suspect || worker.held.size() == 1, "a suspect is alone at its worker");
  const int in_engine = device.lanes * device.batch;
  const int most = options_.one_at_a_time ? 1 : std::max(2 * in_engine + 4, 64 * in_engine);
  expect(std::ssize(worker.held) <= most, "credits are bounded");
  // The worker begins a moment later, when the message has arrived.
  after(0, [this, slot = action.slot] { begin_items(slot); });
}

void World::apply(const DrainWorker& action) {
  Worker& worker = workers_[action.slot];
  if (died_since_.contains(action.slot)) return;
  expect(worker.alive && worker.ready && worker.epoch == action.epoch, "only ready workers are drained");
  worker.told_to_go = true;
  worker.draining = true;
  leave_when_empty(action.slot);
}

void World::apply(const KillWorker& action) {
  Worker& worker = workers_[action.slot];
  if (died_since_.contains(action.slot)) return;
  expect(worker.alive && worker.epoch == action.epoch, "only living workers are killed");
  expect(!action.why.empty(), "a kill has a reason");
  worker.told_to_go = true;
  die(action.slot, action.epoch, static_cast<double>(draw(0, 30)) * 1e-3);
}

void World::apply(const RecordFailure& action) {
  Item& item = items_[action.id];
  expect(!item.over && item.leased_to < 0, "only an open item that nobody has is given up");
  expect(action.attempts == item.attempts, "the recorded attempts are the leases");
  // Where nothing has ever worked, items and devices cannot be told apart.
  const auto sound = [&](const SimDevice& d) {
    return !d.lost && (d.fault == Fault::none || d.fault == Fault::dies_loading_at_first) &&
           (d.works || !d.had_death);
  };
  const bool can_tell = std::any_of(devices_.begin(), devices_.end(), sound);
  expect(item.poison != Poison::none || !can_tell, "innocent items do not fail");
  const ErrorCode code = action.error.code;
  expect(code == ErrorCode::worker_crashed || code == ErrorCode::worker_timeout,
         "the code tells crash or timeout");
  if (item.poison == Poison::kills) expect(code == ErrorCode::worker_crashed, "a crash is called a crash");
  item.over = true;
  suspects_waiting_.erase(action.id);
  ++summary_.failed;
}

void World::apply(const DeviceLost& action) {
  SimDevice& device = devices_[action.device];
  expect(!device.lost, "a device is lost once");
  expect(device.fault != Fault::none || summary_.poison > 0 || crash_share_ > 0,
         "a sound device is not lost");
  device.lost = true;
  ++summary_.devices_lost;
}

void World::apply(const Finished& action) {
  summary_.end = action.status;
  summary_.seconds = static_cast<double>(now_ns_) * 1e-9;
  const std::uint64_t over = summary_.done + summary_.failed;
  if (action.status.ok()) {
    expect(source_ended_ && over == items_.size(), "ok means that every item has its outcome");
  } else if (aborted_) {
    expect(action.status.error().code == ErrorCode::no_space, "an abort ends with its own error");
  } else if (stopped_) {
    expect(action.status.error().code == ErrorCode::interrupted, "a stop ends as interrupted");
    expect(leased_ == 0, "a stop waits for what is leased");
  } else {
    expect(summary_.devices_lost == devices_.size() && leased_ == 0,
           "only the loss of every device ends a job");
  }
  for (const Worker& worker : workers_)
    expect(!worker.alive || worker.told_to_go || worker.dying, "no worker is left without a word at the end");
}

void World::check_counts() {
  expect(dispatcher_->open_items() == listed_ - summary_.done - summary_.failed, "open_items() is true");
  expect(dispatcher_->leased_items() == leased_, "leased_items() is true");
}

void World::check_idle() {
  std::map<std::uint32_t, int> ready_on;
  for (SlotId slot = 0; slot < workers_.size(); ++slot) {
    const Worker& worker = workers_[slot];
    if (worker.ready && !worker.told_to_go) ++ready_on[options_.device_of_slot[slot]];
  }
  for (SlotId slot = 0; slot < workers_.size(); ++slot) {
    const Worker& worker = workers_[slot];
    if (!worker.ready || worker.told_to_go || !worker.held.empty()) continue;
    expect(never_leased_ == 0, "no ready worker is idle while an item is pending");
    const std::uint32_t device = options_.device_of_slot[slot];
    for (const ItemId id : suspects_waiting_) {
      const bool elsewhere = items_[id].died_on == device && ready_on.size() > 1;
      expect(elsewhere, "no ready worker is idle while a suspect waits that it may take");
    }
  }
}

}  // namespace segfleet
