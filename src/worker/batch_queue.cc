// SPDX-License-Identifier: Apache-2.0
#include "worker/batch_queue.h"

#include <utility>

namespace segfleet {

void BatchQueue::push(ItemPtr item) {
  const MutexLock lock(mutex_);
  while (items_.size() >= capacity_) room_.wait(mutex_);
  items_.push_back(std::move(item));
  filled_.notify_one();
}

std::vector<ItemPtr> BatchQueue::pop(std::size_t limit) {
  const MutexLock lock(mutex_);
  while (items_.empty() && !closed_) filled_.wait(mutex_);
  std::vector<ItemPtr> batch;
  for (auto next = items_.begin(); next != items_.end() && batch.size() < limit;) {
    if (!batch.empty() && (*next)->input->shape() != batch.front()->input->shape()) {
      ++next;
      continue;
    }
    batch.push_back(std::move(*next));
    next = items_.erase(next);
  }
  if (!batch.empty()) room_.notify_all();
  return batch;
}

void BatchQueue::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  filled_.notify_all();
}

std::size_t BatchQueue::size() const {
  const MutexLock lock(mutex_);
  return items_.size();
}

}  // namespace segfleet
