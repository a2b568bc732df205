// SPDX-License-Identifier: Apache-2.0
// A blocking first-in-first-out queue with a fixed capacity: a full queue blocks its producers, which is what
// bounds a worker's memory. Thread-safety: every method may be called from any thread. Nobody is woken while
// the lock is held, only to wait for it: at thousands of small pictures a second that is felt.
#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace segfleet {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Blocks while full. Returns false, dropping the value, once the queue is closed.
  bool push(T value) SEGFLEET_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      while (items_.size() >= capacity_ && !closed_) room_.wait(mutex_);
      if (closed_) return false;
      items_.push_back(std::move(value));
    }
    filled_.notify_one();
    return true;
  }

  // Blocks while empty. Returns nothing once the queue is closed and drained.
  std::optional<T> pop() SEGFLEET_EXCLUDES(mutex_) {
    std::optional<T> value;
    {
      MutexLock lock(mutex_);
      while (items_.empty() && !closed_) filled_.wait(mutex_);
      if (items_.empty()) return value;
      value.emplace(take_front());
    }
    room_.notify_one();
    return value;
  }

  // Blocks for the first, then takes up to `limit` of what is there. Empty once closed and drained.
  std::vector<T> pop_some(std::size_t limit) SEGFLEET_EXCLUDES(mutex_) {
    std::vector<T> taken;
    {
      MutexLock lock(mutex_);
      while (items_.empty() && !closed_) filled_.wait(mutex_);
      while (taken.size() < limit && !items_.empty()) taken.push_back(take_front());
    }
    tell_of_room(taken.size());
    return taken;
  }

  // Blocks for the first, then takes up to `limit` - 1 others that are alike(first, other), oldest first. The
  // rest keeps its order. Empty once closed and drained.
  template <typename Alike>
  std::vector<T> pop_alike(std::size_t limit, const Alike& alike) SEGFLEET_EXCLUDES(mutex_) {
    std::vector<T> taken;
    {
      MutexLock lock(mutex_);
      while (items_.empty() && !closed_) filled_.wait(mutex_);
      for (auto next = items_.begin(); next != items_.end() && taken.size() < limit;) {
        if (!taken.empty() && !alike(taken.front(), *next)) {
          ++next;
          continue;
        }
        taken.push_back(std::move(*next));
        next = items_.erase(next);
      }
    }
    tell_of_room(taken.size());
    return taken;
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
  T take_front() SEGFLEET_REQUIRES(mutex_) {
    T value(std::move(items_.front()));
    items_.pop_front();
    return value;
  }
  void tell_of_room(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) room_.notify_one();
  }

  const std::size_t capacity_;
  mutable Mutex mutex_;
  Condition room_;
  Condition filled_;
  std::deque<T> items_ SEGFLEET_GUARDED_BY(mutex_);
  bool closed_ SEGFLEET_GUARDED_BY(mutex_) = false;
};

}  // namespace segfleet
