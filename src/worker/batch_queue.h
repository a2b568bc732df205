// SPDX-License-Identifier: Apache-2.0
// The bounded queue before the engine. It gives out items of one network shape together, and never waits for
// more than are there: a batch costs no latency. Thread-safety: every method from any thread.
#pragma once
#include <cstddef>
#include <deque>
#include <vector>

#include "base/mutex.h"
#include "worker/item.h"

namespace segfleet {

class BatchQueue {
 public:
  explicit BatchQueue(std::size_t capacity) : capacity_(capacity) {}

  // Blocks while full.
  void push(ItemPtr item) SEGFLEET_EXCLUDES(mutex_);
  // Blocks while empty. The oldest item and up to limit - 1 others with an input of its shape, oldest first.
  // Empty once the queue is closed and drained. The oldest item always goes: no shape can starve another.
  std::vector<ItemPtr> pop(std::size_t limit) SEGFLEET_EXCLUDES(mutex_);
  void close() SEGFLEET_EXCLUDES(mutex_);  // no more pushes
  std::size_t size() const SEGFLEET_EXCLUDES(mutex_);

 private:
  const std::size_t capacity_;
  mutable Mutex mutex_;
  Condition room_;
  Condition filled_;
  std::deque<ItemPtr> items_ SEGFLEET_GUARDED_BY(mutex_);
  bool closed_ SEGFLEET_GUARDED_BY(mutex_) = false;
};

}  // namespace segfleet
