// SPDX-License-Identifier: Apache-2.0
// What a user may change of a live job: its devices, and whether it hands anything out.
#include <fmt/format.h>

#include "fleet/dispatch/dispatcher_state.h"

namespace segfleet {

void Dispatcher::pause(std::int64_t now_ns) {
  state_->now = now_ns;
  state_->paused = true;
}

void Dispatcher::resume(std::int64_t now_ns) {
  state_->now = now_ns;
  state_->paused = false;
  state_->work_came = true;
}

bool Dispatcher::is_paused() const {
  return state_->paused;
}

bool Dispatcher::takes_part(std::uint32_t device) const {
  return device < state_->devices.size() && state_->devices[device].usable();
}

Result<std::uint32_t> Dispatcher::add_device(const std::string& name, std::uint32_t slots,
                                             std::int64_t now_ns) {
  State& state = *state_;
  if (state.finished || state.stop_because)
    return Error{ErrorCode::invalid_argument, fmt::format("cannot add {}: the run is ending", name)};
  if (state.options.one_at_a_time)
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("cannot add {}: this run depends on the order of the pictures and has one worker", name)};
  state.now = now_ns;
  const auto device = static_cast<std::uint32_t>(state.devices.size());
  for (auto unnamed = static_cast<std::uint32_t>(state.options.device_names.size()); unnamed < device;
       ++unnamed)
    state.options.device_names.push_back(state.device_name(unnamed));
  state.options.device_names.push_back(name);
  state.add_device(slots);
  return device;
}

void Dispatcher::State::add_device(std::uint32_t slot_count) {
  const auto device = static_cast<std::uint32_t>(devices.size());
  devices.push_back({DeviceHealth(health_limits(options)), {}});
  for (std::uint32_t i = 0; i < slot_count; ++i) {
    add_slot(device);
    spawn(devices[device].slots.back());
  }
  ++usable_devices;
  waits_for_device = false;
}

Status Dispatcher::remove_device(std::uint32_t device, std::int64_t now_ns) {
  State& state = *state_;
  if (!takes_part(device))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("cannot remove {}: it has no part in this run", state.device_name(device))};
  state.now = now_ns;
  state.devices[device].removed = true;
  --state.usable_devices;
  state.waits_for_device = state.usable_devices == 0;
  for (const SlotId id : state.devices[device].slots) state.send_away(id);
  state.work_came = true;  // what waited for another device than this may now have to do without
  return {};
}

void Dispatcher::device_speed_share(std::uint32_t device, double share, std::int64_t now_ns) {
  State& state = *state_;
  if (device >= state.devices.size()) return;
  state.now = now_ns;
  for (const SlotId id : state.devices[device].slots) {
    if (state.slots[id].state != SlotState::ready) continue;
    state.slots[id].credit.observe_speed_share(share);
    state.want_feeding(id);
  }
}

}  // namespace segfleet
