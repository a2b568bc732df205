// SPDX-License-Identifier: Apache-2.0
// Who gets which item: pull with credits, guided shares near the end, suspects apart.
#include <algorithm>
#include <cmath>
#include <limits>

#include "fleet/dispatch/dispatcher_state.h"

namespace segfleet {

void Dispatcher::State::want_feeding(SlotId id) {
  if (slots[id].listed) return;
  slots[id].listed = true;
  to_feed.push_back(id);
}

// Slots take turns until none wants more or nothing is left. Amortised: a slot is looked at once for each
// event of its own, once for each share it gets, and as idle or hungry only where there is something for it.
void Dispatcher::State::hand_out() {
  look_ns = Deadlines::kNever;
  if (paused) return;
  ++round;
  const auto feed_all = [this] {
    while (!to_feed.empty()) {
      const SlotId id = to_feed.front();
      to_feed.pop_front();
      slots[id].listed = false;
      if (slots[id].state == SlotState::ready) feed(id);
    }
  };
  feed_all();
  if (work_came) {
    work_came = false;
    wake(idle, &Slot::idle_listed, suspects.waiting() > 0 ? idle.size() : pending.size());
    feed_all();
    wake(hungry, &Slot::hungry_listed, pending.size());
    feed_all();
  }
  copy_stragglers();
}

void Dispatcher::State::wake(std::deque<SlotId>& list, bool Slot::*flag, std::uint64_t limit) {
  for (std::size_t left = list.size(); limit > 0 && left > 0; --left) {
    const SlotId id = list.front();
    list.pop_front();
    Slot& slot = slots[id];
    slot.*flag = false;
    if (slot.state != SlotState::ready || slot.has_suspect || !wants_more(slot)) continue;  // out of date
    want_feeding(id);
    --limit;
  }
}

void Dispatcher::State::feed(SlotId id) {
  Slot& slot = slots[id];
  if (slot.has_suspect) return;
  if (slot.held.empty()) {
    set_makes_room(slot, false);
    if (feed_suspect(id)) return;
  } else {
    if (slot.on_probation) return;
    set_makes_room(slot, should_make_room(slot));
    if (slot.makes_room) return;
  }
  feed_pending(id);
  if (slot.held.empty() && !slot.idle_listed) {
    slot.idle_listed = true;
    idle.push_back(id);
  }
}

// Gives an empty slot one suspect, where one waits that it may take and no other item goes first.
bool Dispatcher::State::feed_suspect(SlotId id) {
  Slot& slot = slots[id];
  if (!pending.empty() && (slot.after_death_alone || !should_make_room(slot))) return false;
  SuspectOrder order = SuspectOrder::most_suspect_first;
  if (slot.on_probation || !devices[slot.device].health.works())
    order = pending.empty() ? SuspectOrder::least_suspect_first : SuspectOrder::unstruck_only;
  const auto item = suspects.take(slot.device, only_device_ready(slot.device), order);
  if (!item) return false;
  slot.has_suspect = true;
  ++on_suspects;
  lease(id, {*item, suspects.next_attempt(*item)});
  return true;
}

void Dispatcher::State::feed_pending(SlotId id) {
  Slot& slot = slots[id];
  if (!wants_more(slot)) return;
  const std::int64_t gap = target_of(slot) - std::ssize(slot.held);
  const std::int64_t grant = std::min({gap, fair_share(slot), static_cast<std::int64_t>(pending.size())});
  for (std::int64_t i = 0; i < grant; ++i) lease(id, {pending.pop(), 1});
  slot.credit_bound = !pending.empty() && std::ssize(slot.held) >= slot.credit.limit();
  if (grant == gap) return;
  if (!pending.empty()) return want_feeding(id);  // after the others
  if (!slot.hungry_listed) {
    slot.hungry_listed = true;
    hungry.push_back(id);
  }
}

// Few large leases instead of many small ones: the gap must be worth a message.
bool Dispatcher::State::wants_more(const Slot& slot) const {
  const std::int64_t held = std::ssize(slot.held);
  const std::int64_t target = target_of(slot);
  return target - held >= std::max<std::int64_t>(1, target / 4) || held * 2 < target;
}

std::int64_t Dispatcher::State::target_of(const Slot& slot) const {
  if (slot.on_probation) return 1;
  const std::int64_t useful = std::max<std::int64_t>(slot.credit.least_useful(), fair_share(slot));
  return std::min<std::int64_t>(slot.credit.limit(), useful);
}

// What one worker may take at once while others want items, too: half of what its speed's part of the rest
// would be. Many while much is left, single ones at the end.
std::int64_t Dispatcher::State::fair_share(const Slot& slot) const {
  const std::int64_t live = std::int64_t{ready} + starting;
  if (live <= 1) return std::numeric_limits<std::int64_t>::max();
  const double own = speed_of(slot);
  const double parts =
      own > 0 ? (known_speed + static_cast<double>(live - known_speeds) * known_speed / known_speeds) / own
              : static_cast<double>(live);
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(static_cast<double>(pending.size()) / (2 * parts))));
}

// Of a worker that has not shown it yet, that of the others; 0 where nobody's is known.
double Dispatcher::State::speed_of(const Slot& slot) const {
  const double measured = slot.speed.items_per_s();
  if (measured > 0) return measured;
  return known_speeds > 0 ? known_speed / known_speeds : 0;
}

// Suspects get at most half of the workers while other items are pending,
// and no more workers than suspects wait.
bool Dispatcher::State::should_make_room(const Slot& slot) const {
  const std::uint32_t others = making_room - (slot.makes_room ? 1 : 0);
  if (suspects.waiting() <= others) return false;
  if (!suspects.any_for(slot.device, only_device_ready(slot.device))) return false;
  return pending.empty() || on_suspects + others < std::max(1u, ready / 2);
}

void Dispatcher::State::set_makes_room(Slot& slot, bool makes_room) {
  making_room += (makes_room ? 1 : 0) - (slot.makes_room ? 1 : 0);
  slot.makes_room = makes_room;
}

void Dispatcher::State::lease(SlotId id, LeaseEntry entry) {
  Slot& slot = slots[id];
  if (slot.lease_round != round) {
    slot.lease_round = round;
    slot.lease_action = actions.size();
    actions.emplace_back(SendLease{id, slot.epoch, {}});
  }
  std::get<SendLease>(actions[slot.lease_action]).items.push_back(entry);
  const bool was_idle = slot.held.empty();
  if (was_idle) slot.speed.begin(now);
  slot.held.push_back({entry, now, expected_ns(slot, std::ssize(slot.held) + 1)});
  ++leased;
  if (was_idle) watch_items(id);
}

bool Dispatcher::State::only_device_ready(std::uint32_t device) const {
  return ready == devices[device].ready;
}

}  // namespace segfleet
