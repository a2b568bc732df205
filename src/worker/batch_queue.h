// SPDX-License-Identifier: Apache-2.0
// The bounded queue before the engine. It gives out items of one network shape together, and never waits for
// more than are there: a batch costs no latency. Thread-safety: every method from any thread.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"
#include "worker/item.h"

namespace segfleet {

class BatchQueue {
 public:
  explicit BatchQueue(std::size_t capacity) : items_(capacity) {}

  // Blocks while full.
  void push(ItemPtr item) { items_.push(std::move(item)); }
  // Blocks while empty. Into `batch`, instead of what it held: the oldest item and up to limit - 1 others
  // with an input of its shape, oldest first. Empty once the queue is closed and drained. The oldest item
  // always goes: no shape can starve another.
  void pop(std::size_t limit, std::vector<ItemPtr>& batch) { items_.pop_alike(limit, same_shape, batch); }
  void close() { items_.close(); }  // no more pushes
  std::size_t size() const { return items_.size(); }

 private:
  static bool same_shape(const ItemPtr& a, const ItemPtr& b) {
    return a->input->shape() == b->input->shape();
  }

  BoundedQueue<ItemPtr> items_;
};

}  // namespace segfleet
