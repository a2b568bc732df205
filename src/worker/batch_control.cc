// SPDX-License-Identifier: Apache-2.0
#include "worker/batch_control.h"

#include <fmt/format.h>

#include <utility>

namespace segfleet {

BatchControl::BatchControl(const BatchBounds& bounds, MemoryWatch watch, std::string device,
                           std::function<void(std::string)> note)
    : device_(std::move(device)),
      note_(std::move(note)),
      chooser_(bounds),
      watch_(std::move(watch)),
      limit_(1) {
  const MutexLock lock(mutex_);
  update();
}

void BatchControl::update() {
  if (const std::optional<int> fitting = watch_.fitting()) chooser_.set_fitting(*fitting);
  limit_ = watch_.awaits_first_call() ? 1 : static_cast<std::size_t>(chooser_.limit());
}

void BatchControl::ran(int lane, std::size_t items, double work, std::int64_t elapsed_ns) {
  const MutexLock lock(mutex_);
  watch_.ran(lane, static_cast<int>(items));
  chooser_.ran(static_cast<int>(items), work, static_cast<double>(elapsed_ns) * 1e-9);
  update();
}

void BatchControl::ran_out_of_memory(std::size_t items) {
  std::size_t lowered = 0;
  {
    const MutexLock lock(mutex_);
    const std::size_t before = limit_;
    chooser_.ran_out_of_memory(static_cast<int>(items));
    update();
    if (limit_ < before) lowered = limit_;
  }
  if (lowered > 0)
    note_(fmt::format("{}: batch {} did not fit in memory, continuing with {}", device_, items, lowered));
}

MemoryUse BatchControl::use() const {
  const MutexLock lock(mutex_);
  MemoryUse use;
  use.batch = static_cast<int>(limit_.load());
  if (!watch_.last()) return use;
  use.used_bytes = watch_.last()->used_bytes;
  use.free_bytes = watch_.last()->free_bytes;
  use.total_bytes = watch_.last()->total_bytes;
  return use;
}

}  // namespace segfleet
