// SPDX-License-Identifier: Apache-2.0
// The memory of a simulated device: the model's, and for each lane that of the largest batch so far, as
// engines' own pools keep it. Thread-safety: every method from any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

struct MemorySizes {
  std::uint64_t device_bytes = 0;  // 0: without a limit, and not told
  std::uint64_t model_bytes = 0;
  std::uint64_t per_item_bytes = 0;  // of a batch
};

class SimulatedMemory {
 public:
  SimulatedMemory(const MemorySizes& sizes, int lanes)
      : sizes_(sizes), largest_(static_cast<std::size_t>(lanes)) {}

  Status take_model() const;
  Status take_batch(int lane, std::uint64_t items) SEGFLEET_EXCLUDES(mutex_);
  std::optional<DeviceMemory> use() const SEGFLEET_EXCLUDES(mutex_);

 private:
  std::uint64_t used() const SEGFLEET_REQUIRES(mutex_);

  const MemorySizes sizes_;
  mutable Mutex mutex_;
  std::vector<std::uint64_t> largest_ SEGFLEET_GUARDED_BY(mutex_);  // items, by lane
};

}  // namespace segfleet
