// SPDX-License-Identifier: Apache-2.0
// The coordinator's part of the world: passes on what arrives, obeys the actions.
#include <algorithm>

#include "dispatcher_world.h"

namespace segfleet {

void World::set_ready(SlotId slot, bool ready) {
  Worker& worker = workers_[slot];
  if (worker.ready == ready) return;
  idle_ -= idle(worker) ? 1 : 0;
  worker.ready = ready;
  idle_ += idle(worker) ? 1 : 0;
  devices_[worker.device].ready += ready ? 1 : -1;
}

void World::let_go(Item& item, SlotId slot) {
  if (item.holders[0] == slot) item.holders[0] = item.holders[1];
  --item.held_by;
}

void World::outcome_arrives(const Event& event) {
  Worker& worker = workers_[event.slot];
  Item& item = items_[event.item];
  if (!worker.living || worker.epoch != event.epoch) return expect(false, "outcomes arrive before the death");
  if (plan_.random_stats) expect_refusals(event);
  const bool fails = chance(plan_.failed_share);
  ++summary_.events;
  const bool counted =
      fails ? dispatcher_->item_failed(event.slot, event.epoch, event.item, event.attempt, now_ns_)
            : dispatcher_->item_done(event.slot, event.epoch, event.item, event.attempt, now_ns_);
  expect(counted == (!summary_.end && !aborted_ && !item.over),
         "the first outcome of a leased item counts until the end, and no other");
  idle_ -= idle(worker) ? 1 : 0;
  std::erase_if(worker.held, [&](const LeaseEntry& entry) { return entry.id == event.item; });
  idle_ += idle(worker) ? 1 : 0;
  let_go(item, event.slot);
  devices_[worker.device].works = true;
  worker.on_trial = false;
  asked_for_more_since_.insert(event.slot);
  if (!counted) return;
  item.over = true;
  item.suspect = false;
  --leased_;
  ++(fails ? summary_.failed : summary_.done);
}

void World::expect_refusals(const Event& event) {
  expect(!dispatcher_->item_done(event.slot, event.epoch, event.item, event.attempt + 1, now_ns_),
         "a wrong attempt is refused");
  expect(!dispatcher_->item_done(event.slot, event.epoch - 1, event.item, event.attempt, now_ns_),
         "an older epoch is refused");
  const auto nobody = static_cast<SlotId>(workers_.size());
  expect(!dispatcher_->item_done(nobody, event.epoch, event.item, event.attempt, now_ns_),
         "another slot is refused");
}

void World::death_arrives(SlotId slot) {
  Worker& worker = workers_[slot];
  const std::uint32_t device = worker.device;
  const Epoch epoch = worker.epoch;
  const bool retired = worker.retired;
  const bool by_chance = worker.by_chance;
  ++summary_.deaths;
  died_since_.insert(slot);
  devices_[device].had_death = true;
  set_ready(slot, false);
  const std::vector<LeaseEntry> held = std::move(worker.held);
  worker = Worker{};
  worker.device = device;
  worker.epoch = epoch;
  worker.retired = retired;
  worker.on_trial = true;
  for (const LeaseEntry& entry : held) {
    Item& item = items_[entry.id];
    let_go(item, slot);
    if (held.size() == 1) {
      item.struck = true;
      item.died_on = device;
      item.unlucky += by_chance ? 1 : 0;
    }
    if (summary_.end || item.over || item.held_by > 0) continue;
    item.suspect = true;
    suspects_waiting_.insert(entry.id);
    --leased_;
  }
  ++summary_.events;
  dispatcher_->worker_died(slot, epoch, "killed by signal 11", now_ns_);
  for (const LeaseEntry& entry : held)
    expect(!dispatcher_->item_done(slot, epoch, entry.id, entry.attempt, now_ns_),
           "an outcome after the death is refused");
  dispatcher_->worker_died(slot, epoch, "told twice", now_ns_);
}

void World::carry_out(const UserWish& wish) {
  if (summary_.end) return;
  ++summary_.events;
  switch (wish.wish) {
    case Wish::stop:
      stopped_ = true;
      return dispatcher_->stop(now_ns_);
    case Wish::abort:
      aborted_ = true;
      return dispatcher_->abort({ErrorCode::no_space, "disk full"}, now_ns_);
    case Wish::pause:
      paused_ = true;
      ++summary_.pauses;
      return dispatcher_->pause(now_ns_);
    case Wish::resume:
      paused_ = false;
      return dispatcher_->resume(now_ns_);
    case Wish::slowed:
      return dispatcher_->device_speed_share(wish.device, wish.share, now_ns_);
    case Wish::add: {
      const Result<std::uint32_t> added =
          dispatcher_->add_device("another device", wish.added.slots, now_ns_);
      expect(added.ok() == !(stopped_ || aborted_ || too_many_failed_ || plan_.options.one_at_a_time),
             "a device is added unless the job is ending or in order");
      if (!added.ok()) return;
      expect(*added == devices_.size(), "a new device gets the next index");
      make_slots(make_device(wish.added));
      ++summary_.added;
      return;
    }
    case Wish::remove: {
      const bool usable =
          wish.device < devices_.size() && !devices_[wish.device].lost && !devices_[wish.device].removed;
      const bool removed = dispatcher_->remove_device(wish.device, now_ns_).ok();
      expect(removed == usable, "a device that has a part in the job is removed, and no other");
      if (!removed) return;
      devices_[wish.device].removed = true;
      last_device_was_lost_ = false;
      ++summary_.removed;
      // A user who has removed every device adds one in the end, or stops.
      const bool none_left =
          std::ranges::all_of(devices_, [](const Device& d) { return d.lost || d.removed; });
      if (!none_left) return;
      UserWish last;
      last.wish = plan_.options.one_at_a_time ? Wish::stop : Wish::add;
      plan_.wishes.push_back(last);
      return after(1, What::wished, 0, plan_.wishes.size() - 1);
    }
  }
}

void World::obey() {
  const bool was_over = summary_.end.has_value();
  std::vector<Action> actions = dispatcher_->take_actions();
  if (plan_.spoil) plan_.spoil(actions);
  expect(!was_over || actions.empty(), "nothing is asked for after the end");
  for (const Action& action : actions) {
    expect(!summary_.end, "Finished is the last action");
    std::visit([this](const auto& a) { apply(a); }, action);
  }
  died_since_.clear();
  if (summary_.end || !complaint_.empty()) return;
  check_counts();
  if (stopped_ || paused_ || too_many_failed_) return;
  check_idle();
  for (const SlotId slot : asked_for_more_since_) check_fed(workers_[slot]);
  asked_for_more_since_.clear();
}

void World::apply(const SpawnWorker& action) {
  Worker& worker = workers_[action.slot];
  const Device& device = devices_[worker.device];
  expect(!worker.living, "a slot has one worker at a time");
  expect(!worker.retired, "a slot whose worker cannot load gets no other");
  expect(action.epoch == worker.epoch + 1, "epochs count up");
  expect(!device.lost && !device.removed, "a device that is out gets no worker");
  worker.epoch = action.epoch;
  worker.living = true;
  worker.runs = true;
  after(plan_.latency_s + device.plan.load_s, What::loaded, action.slot);
}

void World::apply(const SendLease& action) {
  Worker& worker = workers_[action.slot];
  ++summary_.leases;
  expect(worker.living && worker.ready && worker.epoch == action.epoch,
         "only workers that are ready get items");
  expect(!stopped_ && !paused_, "nothing is handed out after a stop or during a pause");
  idle_ -= idle(worker) ? 1 : 0;
  for (const LeaseEntry& entry : action.items) {
    Item& item = items_[entry.id];
    check_lease(worker, entry, item);
    if (!complaint_.empty()) return;
    never_leased_ -= item.attempts == 0 ? 1 : 0;
    leased_ += item.held_by == 0 ? 1 : 0;
    summary_.copies += item.held_by;
    suspects_waiting_.erase(entry.id);
    item.attempts = entry.attempt;
    item.holders[item.held_by++] = action.slot;
    worker.held.push_back(entry);
    worker.on_the_way.push_back(entry);
  }
  idle_ += idle(worker) ? 1 : 0;
  for (const LeaseEntry& entry : worker.held)
    expect(!items_[entry.id].suspect || worker.held.size() == 1, "a suspect is alone at its worker");
  const int least = 2 * worker.most_in_engine + 4;
  const int most = plan_.options.one_at_a_time ? 1
                   : worker.starved            ? std::max(least, 64 * worker.most_in_engine)
                                               : least;
  expect(std::ssize(worker.held) <= most, "credits are bounded");
  after(plan_.latency_s, What::lease_arrives, action.slot, action.items.size());
}

void World::apply(const DrainWorker& action) {
  Worker& worker = workers_[action.slot];
  if (died_since_.contains(action.slot)) return;
  expect(worker.living && worker.ready && worker.epoch == action.epoch, "only ready workers are drained");
  set_ready(action.slot, false);
  worker.told_to_go = true;
  after(plan_.latency_s, What::drain_arrives, action.slot);
}

void World::apply(const KillWorker& action) {
  Worker& worker = workers_[action.slot];
  if (died_since_.contains(action.slot)) return;
  expect(worker.living && worker.epoch == action.epoch, "only living workers are killed");
  expect(!action.why.empty(), "a kill has a reason");
  set_ready(action.slot, false);
  worker.told_to_go = true;
  die(action.slot, plan_.random_stats ? static_cast<double>(draw(0, 30)) * 1e-3 : 0);
}

void World::apply(const RecordFailure& action) {
  Item& item = items_[action.id];
  check_failure(action, item);
  item.over = true;
  suspects_waiting_.erase(action.id);
  ++summary_.failed;
}

void World::apply(const DeviceLost& action) {
  Device& device = devices_[action.device];
  expect(!device.lost && !device.removed, "a device is lost once");
  expect(device.plan.fault != Fault::none || device.plan.gone_at_s < SimDevice::kNever_s ||
             summary_.poison > 0 || plan_.crash_share > 0,
         "a sound device is not lost");
  device.lost = true;
  last_device_was_lost_ = true;
  ++summary_.devices_lost;
}

void World::apply(const SlotRetired& action) {
  Worker& worker = workers_[action.slot];
  const auto others = std::ranges::count_if(
      workers_, [&](const Worker& w) { return w.device == worker.device && !w.retired; });
  expect(others == action.others + 1, "a device goes on with the slots that are not retired");
  worker.retired = true;
}

void World::apply(const Finished& action) {
  summary_.end = action.status;
  summary_.seconds = static_cast<double>(now_ns_) * 1e-9;
  check_end(action);
}

}  // namespace segfleet
