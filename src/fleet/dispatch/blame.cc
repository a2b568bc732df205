// SPDX-License-Identifier: Apache-2.0
// What a worker's death says: about the items that it held, and about its device.
#include <fmt/format.h>

#include <algorithm>

#include "fleet/dispatch/dispatcher_state.h"

namespace segfleet {

void Dispatcher::State::handle_death(SlotId id, const std::string& reported) {
  Slot& slot = slots[id];
  DeviceState& device = devices[slot.device];
  const std::string how = slot.kill_reason.empty() ? reported : slot.kill_reason;
  const bool alone = slot.held.size() == 1;
  const bool hung_at_the_end = slot.timed_out && slot.held.empty();  // its last outcome came late
  set_state(id, SlotState::stopped);
  deadlines.clear(id);
  work_came = true;
  const bool explained = blame_items(id, how) || hung_at_the_end;
  if (!device.usable() || stop_because || slot.retired) return;
  if (const auto reason = device.health.death(explained, now)) {
    lose_device(slot.device,
                {ErrorCode::device_lost,
                 fmt::format("{}: {} (the last: {}); leave it out with --devices, or mend the cause",
                             device_name(slot.device), *reason, how)});
    return;
  }
  slot.on_probation = true;
  slot.after_death_alone = alone;
  set_state(id, SlotState::waiting);
  deadlines.set(id, now, slot.restart.after_death(explained, now));
}

// Gives every item back that the slot held. What was held alone is one death nearer to its end.
bool Dispatcher::State::blame_items(SlotId id, const std::string& how) {
  Slot& slot = slots[id];
  const DeviceHealth& health = devices[slot.device].health;
  on_suspects -= slot.has_suspect ? 1 : 0;
  slot.has_suspect = false;
  std::deque<Held> all_held;
  all_held.swap(slot.held);
  const bool alone = all_held.size() == 1;
  for (const Held& held : all_held) part_twins(held, false);
  std::erase_if(all_held, [](const Held& held) { return held.over; });
  if (all_held.empty()) return false;
  if (!alone) {
    for (const Held& held : all_held) {
      if (held.twin != kNoSlot) continue;  // another worker goes on with it
      --leased;
      suspects.came_back(held.entry.id, held.entry.attempt);
    }
    return health.outcome_since_death();
  }
  const LeaseEntry entry = all_held.front().entry;
  const bool works = health.works();
  const ItemHistory& history =
      suspects.died_alone(entry.id, entry.attempt, {slot.device, works, slot.timed_out});
  if (all_held.front().twin != kNoSlot) return works;  // the other worker's end tells more
  --leased;
  if (is_guilty(history)) {
    condemn(id, entry.id, history, how);
  } else {
    suspects.try_again(entry.id);
  }
  return works;
}

// Enough deaths alone, and they speak against the item: on devices that work, or nowhere is left to try.
bool Dispatcher::State::is_guilty(const ItemHistory& history) const {
  const auto& deaths = history.deaths;
  if (std::ssize(deaths) < options.deaths_alone_limit) return false;
  if (std::count_if(deaths.begin(), deaths.end(), [](const DeathAlone& d) { return d.device_works; }) >=
      options.deaths_alone_limit)
    return true;
  for (std::uint32_t device = 0; device < devices.size(); ++device) {
    const DeviceState& other = devices[device];
    if (!other.usable() || other.slots.empty() || (!other.health.works() && !other.health.untested()))
      continue;
    if (std::none_of(deaths.begin(), deaths.end(), [&](const DeathAlone& d) { return d.device == device; }))
      return false;
  }
  return true;
}

void Dispatcher::State::condemn(SlotId id, ItemId item, const ItemHistory& history, const std::string& how) {
  const auto& deaths = history.deaths;
  const bool timeouts =
      std::all_of(deaths.begin(), deaths.end(), [](const DeathAlone& d) { return d.timeout; });
  Error error{
      ErrorCode::worker_crashed,
      fmt::format("its worker died {} times while it had only this item (the last: {}); the picture or the "
                  "engine is at fault: look at the picture, or try another engine",
                  deaths.size(), how)};
  if (timeouts)
    error = {ErrorCode::worker_timeout,
             fmt::format(
                 "its worker gave no outcome within {:g} s, {} times, while it had only this item; raise the "
                 "item timeout, or look at the picture",
                 static_cast<double>(options.item_timeout_ns) / 1e9, deaths.size())};
  --open;
  actions.emplace_back(RecordFailure{item, history.attempts, id, std::move(error)});
  count_failures(1);
}

void Dispatcher::State::lose_device(std::uint32_t device, Error error) {
  if (!devices[device].usable()) return;
  devices[device].lost = true;
  --usable_devices;
  if (!first_loss) first_loss = error;
  actions.emplace_back(DeviceLost{device, std::move(error)});
  for (const SlotId id : devices[device].slots) send_away(id);
  work_came = true;
}

void Dispatcher::State::retire(SlotId id, const Error& error) {
  slots[id].retired = true;
  const std::vector<SlotId>& all = devices[slots[id].device].slots;
  const auto others = std::ranges::count_if(all, [this](SlotId other) { return !slots[other].retired; });
  if (others == 0) return lose_device(slots[id].device, error);
  actions.emplace_back(SlotRetired{id, error, static_cast<std::uint32_t>(others)});
}

std::string Dispatcher::State::device_name(std::uint32_t device) const {
  return device < options.device_names.size() ? options.device_names[device]
                                              : fmt::format("device {}", device);
}

}  // namespace segfleet
