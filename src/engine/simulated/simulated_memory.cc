// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/simulated_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/byte_size.h"

namespace segfleet {

Status SimulatedMemory::take_model() const {
  if (sizes_.device_bytes == 0 || sizes_.model_bytes <= sizes_.device_bytes) return {};
  return Error{ErrorCode::out_of_memory,
               fmt::format("simulated device memory: the model needs {} and {} are free",
                           bytes_text(sizes_.model_bytes), bytes_text(sizes_.device_bytes))};
}

std::uint64_t SimulatedMemory::used() const {
  const std::uint64_t items = std::accumulate(largest_.begin(), largest_.end(), std::uint64_t{0});
  return sizes_.model_bytes + items * sizes_.per_item_bytes;
}

Status SimulatedMemory::take_batch(int lane, std::uint64_t items) {
  const MutexLock lock(mutex_);
  std::uint64_t& largest = largest_[static_cast<std::size_t>(lane)];
  const std::uint64_t before = largest;
  const std::uint64_t used_before = used();
  largest = std::max(largest, items);
  if (sizes_.device_bytes == 0 || used() <= sizes_.device_bytes) return {};
  largest = before;
  return Error{ErrorCode::out_of_memory,
               fmt::format("simulated device memory: a batch of {} needs {} and {} are free", items,
                           bytes_text(items * sizes_.per_item_bytes),
                           bytes_text(sizes_.device_bytes - used_before + before * sizes_.per_item_bytes))};
}

std::optional<DeviceMemory> SimulatedMemory::use() const {
  if (sizes_.device_bytes == 0) return std::nullopt;
  const MutexLock lock(mutex_);
  return DeviceMemory{used(), sizes_.device_bytes - used(), sizes_.device_bytes};
}

}  // namespace segfleet
