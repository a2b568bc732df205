// SPDX-License-Identifier: Apache-2.0
// A blocking first-in-first-out queue with a fixed capacity: a full queue blocks its producers, which is what
// bounds a worker's memory. Thread-safety: every method may be called from any thread. Nobody is woken while
// the lock is held, only to wait for it: at thousands of small pictures a second that is felt. Allocates only
// while it grows beyond all that it ever held.
#pragma once
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/ring.h"

namespace segfleet {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Blocks while full. Returns false, dropping the value, once the queue is closed.
  bool push(T value) SEGFLEET_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (!wait_for_room()) return false;
      items_.push_back(std::move(value));
    }
    filled_.notify_one();
    return true;
  }
  // The same into the memory that pop(value) has left.
  bool push_copy(const T& value) SEGFLEET_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (!wait_for_room()) return false;
      items_.push_copy(value);
    }
    filled_.notify_one();
    return true;
  }

  // Blocks while empty. Returns nothing once the queue is closed and drained.
  std::optional<T> pop() SEGFLEET_EXCLUDES(mutex_) {
    std::optional<T> value(std::in_place);
    if (!pop(*value)) value.reset();
    return value;
  }
  // The same into `value`, whose memory is kept for push_copy(). False: nothing.
  bool pop(T& value) SEGFLEET_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      while (items_.empty() && !closed_) filled_.wait(mutex_);
      if (items_.empty()) return false;
      items_.swap_front(value);
    }
    room_.notify_one();
    return true;
  }

  // Blocks for the first, then takes up to `limit` of what is there, in place of what `taken` held. Empty
  // once closed and drained.
  void pop_some(std::size_t limit, std::vector<T>& taken) SEGFLEET_EXCLUDES(mutex_) {
    taken.clear();
    {
      MutexLock lock(mutex_);
      while (items_.empty() && !closed_) filled_.wait(mutex_);
      while (taken.size() < limit && !items_.empty()) taken.push_back(items_.pop_front());
    }
    tell_of_room(taken.size());
  }

  // Blocks for the first, then takes up to `limit` - 1 others that are alike(first, other), oldest first, in
  // place of what `taken` held. The rest keeps its order. Empty once closed and drained.
  template <typename Alike>
  void pop_alike(std::size_t limit, const Alike& alike, std::vector<T>& taken) SEGFLEET_EXCLUDES(mutex_) {
    taken.clear();
    {
      MutexLock lock(mutex_);
      while (items_.empty() && !closed_) filled_.wait(mutex_);
      items_.take_if(
          [&](const T& next) {
            return taken.size() < limit && (taken.empty() || alike(taken.front(), next));
          },
          [&](T&& next) { taken.push_back(std::move(next)); });
    }
    tell_of_room(taken.size());
  }

  // No more pushes; what is inside can still be popped.
  void close() SEGFLEET_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }

  std::size_t size() const SEGFLEET_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return items_.size();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  // False where the queue is closed.
  bool wait_for_room() SEGFLEET_REQUIRES(mutex_) {
    while (items_.size() >= capacity_ && !closed_) room_.wait(mutex_);
    return !closed_;
  }
  void tell_of_room(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) room_.notify_one();
  }

  const std::size_t capacity_;
  mutable Mutex mutex_;
  Condition room_;
  Condition filled_;
  Ring<T> items_ SEGFLEET_GUARDED_BY(mutex_);
  bool closed_ SEGFLEET_GUARDED_BY(mutex_) = false;
};

}  // namespace segfleet
