// SPDX-License-Identifier: Apache-2.0
// The batch in use: told of every call, it says how many items the next may have, and tells the user what it
// had to change. Thread-safety: every method from any thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/mutex.h"
#include "transport/messages.h"
#include "worker/batch_chooser.h"
#include "worker/memory_watch.h"

namespace segfleet {

class BatchControl {
 public:
  // device: for notes. note: gets what the user should be told; called where the control is.
  BatchControl(const BatchBounds& bounds, MemoryWatch watch, std::string device,
               std::function<void(std::string)> note);

  std::size_t limit() const { return limit_; }

  void ran(int lane, std::size_t items, double work, std::int64_t elapsed_ns) SEGFLEET_EXCLUDES(mutex_);
  void ran_out_of_memory(std::size_t items) SEGFLEET_EXCLUDES(mutex_);

  MemoryUse use() const SEGFLEET_EXCLUDES(mutex_);

 private:
  void update() SEGFLEET_REQUIRES(mutex_);

  const std::string device_;
  const std::function<void(std::string)> note_;
  mutable Mutex mutex_;
  BatchChooser chooser_ SEGFLEET_GUARDED_BY(mutex_);
  MemoryWatch watch_ SEGFLEET_GUARDED_BY(mutex_);
  std::atomic<std::size_t> limit_;
};

}  // namespace segfleet
