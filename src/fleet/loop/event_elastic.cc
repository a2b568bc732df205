// SPDX-License-Identifier: Apache-2.0
// What changes a live run: devices that come and go, a pause, how much of a device is ours.
#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "fleet/device/visible_device.h"
#include "fleet/loop/event_loop.h"

namespace segfleet {

Status EventLoop::may_add(const Device& device) const {
  return check_memory_share(plan_, takes_part(), device);
}

TakesPart EventLoop::takes_part() const {
  return [this](std::uint32_t device) { return dispatcher_.takes_part(device); };
}

Status EventLoop::add_device(Device device, std::vector<WorkerSlot> slots) {
  const Result<std::uint32_t> index =
      dispatcher_.add_device(device.name, static_cast<std::uint32_t>(slots.size()), steady_now_ns());
  SEGFLEET_RETURN_IF_ERROR(index);
  plan_.devices.push_back(std::move(device));
  for (WorkerSlot& slot : slots) {
    slot.device = *index;
    plan_.slots.push_back(std::move(slot));
  }
  share_host_memory(plan_, takes_part());
  links_.resize(plan_.slots.size());
  last_stats_.resize(plan_.slots.size());
  work_.resize(plan_.devices.size());
  batches_.follow(plan_);
  listener_.device_added(*index);
  return {};
}

Status EventLoop::remove_device(std::uint32_t device) {
  SEGFLEET_RETURN_IF_ERROR(dispatcher_.remove_device(device, steady_now_ns()));
  share_host_memory(plan_, takes_part());
  listener_.device_removed(device);
  return {};
}

void EventLoop::pause() {
  dispatcher_.pause(steady_now_ns());
  listener_.paused(true);
}

void EventLoop::resume() {
  dispatcher_.resume(steady_now_ns());
  listener_.paused(false);
}

bool EventLoop::has_worker_on(std::uint32_t device) const {
  for (SlotId slot = 0; slot < links_.size(); ++slot)
    if (links_[slot] && plan_.slots[slot].device == device) return true;
  return false;
}

std::vector<DeviceWork> EventLoop::device_work() const {
  std::vector<DeviceWork> devices(plan_.devices.size());
  for (std::uint32_t i = 0; i < devices.size(); ++i) {
    const Device& device = plan_.devices[i];
    devices[i] = {
        device.name,  dispatcher_.takes_part(i), {}, {}, {}, work_[i].engine_busy_us, work_[i].wall_us,
        work_[i].done};
    if (device.engine_device == "cpu") devices[i].cores = device.cores;
  }
  for (SlotId slot = 0; slot < links_.size(); ++slot) {
    DeviceWork& device = devices[plan_.slots[slot].device];
    if (links_[slot]) device.pids.push_back(links_[slot]->pid());
    if (device.card.empty())
      device.card = visible_cuda_card(plan_.slots[slot].environment,
                                      [](const char* name) { return std::getenv(name); });
  }
  return devices;
}

void EventLoop::take_samples(const std::vector<DeviceSample>& samples,
                             const std::vector<std::string>& notes) {
  for (std::uint32_t device = 0; device < samples.size(); ++device) {
    dispatcher_.device_speed_share(device, samples[device].speed_share, steady_now_ns());
    listener_.device_sampled(device, samples[device]);
  }
  for (const std::string& note : notes) listener_.note(note);
}

}  // namespace segfleet
