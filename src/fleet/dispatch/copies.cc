// SPDX-License-Identifier: Apache-2.0
// Stragglers: items that are out for too long once nothing is pending are leased a second time.
#include <algorithm>

#include "fleet/dispatch/dispatcher_state.h"

namespace segfleet {
namespace {

constexpr double kLateRatio = 1.5;      // of the expected time: late
constexpr double kWorthwhileRatio = 2;  // a copy is made for what would take longer than this many copies
constexpr std::int64_t kSlackNs = 20'000'000;                // a machine's jitter is no slowness
constexpr std::int64_t kShortestLookIntervalNs = 1'000'000;  // a look costs O(slots)
constexpr std::int64_t kLongestLookIntervalNs = 1'000'000'000;

std::int64_t times(std::int64_t ns, double ratio) {
  return static_cast<std::int64_t>(static_cast<double>(ns) * ratio);
}

struct Straggler {
  std::int64_t due_ns;
  std::int64_t late_ns;  // from here on it may be copied
  SlotId slot;
  ItemId item;
};
struct Helper {
  std::int64_t item_ns;  // that it would take
  SlotId slot;
  std::int64_t room;  // items
};

}  // namespace

bool Dispatcher::State::at_the_tail() const {
  return options.speculate && !options.one_at_a_time && !stop_because && pending.empty() && leased > 0 &&
         suspects.waiting() == 0;
}

// How long `items` take at this worker when they go through the engine together or behind each other;
// 0: nobody knows.
std::int64_t Dispatcher::State::expected_ns(const Slot& slot, std::int64_t items) const {
  const double items_per_s = speed_of(slot);
  if (items_per_s <= 0) return 0;
  return static_cast<std::int64_t>(
      std::min(1e18, static_cast<double>(std::max<std::int64_t>(items, slot.in_engine)) / items_per_s * 1e9));
}

void Dispatcher::State::copy_stragglers() {
  look_ns = Deadlines::kNever;
  if (!at_the_tail()) return;
  if (now < next_look_ns) {
    look_ns = next_look_ns;
    return;
  }
  std::vector<Straggler> stragglers;
  std::vector<Helper> helpers;
  std::int64_t shortest_ns = kLongestLookIntervalNs;
  bool just_leased = false;
  for (SlotId id = 0; id < slots.size(); ++id) {
    const Slot& slot = slots[id];
    if (slot.state != SlotState::ready && slot.state != SlotState::leaving) continue;
    if (slot.has_suspect) continue;
    const DeviceHealth& health = devices[slot.device].health;
    const std::int64_t item_ns = expected_ns(slot, 1);
    const std::int64_t room = slot.in_engine - std::ssize(slot.held);
    const bool helps = slot.state == SlotState::ready && !slot.on_probation && !slot.makes_room &&
                       (health.works() || health.untested());
    if (item_ns > 0) shortest_ns = std::min(shortest_ns, item_ns);
    if (helps && room > 0 && item_ns > 0) helpers.push_back({item_ns, id, room});
    std::int64_t late_ns = Deadlines::kNever;  // of the first makes all of them late: they wait behind it
    std::int64_t position = 0;
    for (const Held& held : slot.held) {
      ++position;
      const std::int64_t stay_ns = held.expected_ns > 0 ? held.expected_ns : expected_ns(slot, position);
      if (held.over || stay_ns == 0) continue;
      const std::int64_t due_ns = held.leased_ns + times(stay_ns, overrun.ratio());
      late_ns = std::min(late_ns, held.leased_ns + times(stay_ns, kLateRatio * overrun.ratio()) + kSlackNs);
      if (held.leased_ns == now)
        just_leased = true;  // whoever had room had the same chance
      else if (held.twin == kNoSlot)
        stragglers.push_back({due_ns, late_ns, id, held.entry.id});
    }
  }
  next_look_ns = now + std::clamp(shortest_ns / 4, kShortestLookIntervalNs, kLongestLookIntervalNs);
  if (helpers.empty()) return;  // an event will bring one
  if (just_leased) look_ns = next_look_ns;
  std::ranges::sort(stragglers, std::greater<>(), &Straggler::due_ns);
  std::ranges::sort(helpers, {}, &Helper::item_ns);
  auto helper = helpers.begin();
  for (const Straggler& straggler : stragglers) {
    while (helper != helpers.end() && helper->room == 0) ++helper;
    const auto other = std::find_if(helper, helpers.end(), [&](const Helper& h) {
      return h.room > 0 && slots[h.slot].device != slots[straggler.slot].device;
    });
    if (other == helpers.end()) continue;
    const std::int64_t worthwhile_ns = times(other->item_ns, kWorthwhileRatio * overrun.ratio()) + kSlackNs;
    if (now < straggler.late_ns && straggler.due_ns - now < worthwhile_ns) {
      look_ns = std::min(look_ns, std::max(next_look_ns, straggler.late_ns));
      continue;
    }
    copy(straggler.slot, straggler.item, other->slot);
    --other->room;
  }
}

void Dispatcher::State::copy(SlotId from, ItemId item, SlotId to) {
  Held& original = *find_held(slots[from], item);
  original.twin = to;
  lease(to, {item, suspects.next_attempt(item)});
  slots[to].held.back().twin = from;
  --leased;  // counts items
}

// The other lease of the item is all that is left of it, or is of no use any more.
void Dispatcher::State::part_twins(const Held& held, bool over) {
  if (held.twin == kNoSlot) return;
  Held& twin = *find_held(slots[held.twin], held.entry.id);
  twin.twin = kNoSlot;
  twin.over = over;
}

Held* Dispatcher::State::find_held(Slot& slot, ItemId item) {
  const auto found = std::find_if(slot.held.begin(), slot.held.end(),
                                  [&](const Held& h) { return h.entry.id == item && !h.over; });
  return found == slot.held.end() ? nullptr : &*found;
}

}  // namespace segfleet
