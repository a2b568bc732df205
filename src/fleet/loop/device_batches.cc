// SPDX-License-Identifier: Apache-2.0
#include "fleet/loop/device_batches.h"

#include <algorithm>
#include <utility>

namespace segfleet {
namespace {

constexpr int kFurther = 4;  // batches in use grow by doubling, and are reported four times a second

}  // namespace

void DeviceBatches::follow(const WorkerPlan& plan) {
  for (std::size_t slot = in_use_.size(); slot < plan.slots.size(); ++slot) {
    device_of_slot_.push_back(plan.slots[slot].device);
    grows_.push_back(plan.slots[slot].setup.memory.grow_batch);
  }
  in_use_.resize(plan.slots.size());
  largest_.resize(plan.slots.size(), 1);
  first_.resize(plan.devices.size());
}

void DeviceBatches::ready(std::uint32_t slot, int batch) {
  const int begins_with = grows_[slot] ? 1 : batch;
  const int first = first_batch(slot);
  in_use_[slot] = first > 0 ? std::min(first, batch) : begins_with;
  largest_[slot] = std::max(1, batch);
}

int DeviceBatches::to_feed(std::uint32_t slot) const {
  return in_use_[slot] > 0 ? std::min(largest_[slot], kFurther * in_use_[slot]) : largest_[slot];
}

void DeviceBatches::reported(std::uint32_t slot, int batch) {
  in_use_[slot] = batch;
  int& first = first_[device_of_slot_[slot]];
  if (first > 0) first = std::max(first, batch);
}

int DeviceBatches::died(std::uint32_t slot) {
  const int batch = std::exchange(in_use_[slot], 0);
  if (batch <= 1) return 0;
  return first_[device_of_slot_[slot]] = batch / 2;
}

}  // namespace segfleet
