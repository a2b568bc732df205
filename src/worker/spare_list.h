// SPDX-License-Identifier: Apache-2.0
// Buffers that are used again and again: a borrowed one goes back by itself when its last owner lets go, with
// the memory that it has grown. How many exist is bounded by how many are borrowed at once; once that many
// exist, lending allocates nothing. Thread-safety: every method from any thread; the list must outlive what
// it lent.
#pragma once
#include <functional>
#include <memory>
#include <memory_resource>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace segfleet {

template <typename T>
class SpareList {
 public:
  using Make = std::function<std::unique_ptr<T>()>;
  // make: a new one.
  explicit SpareList(Make make = [] { return std::make_unique<T>(); }) : make_(std::move(make)) {}

  // Contents are those of an earlier use. Throws std::bad_alloc.
  std::shared_ptr<T> borrow() SEGFLEET_EXCLUDES(mutex_) {
    return std::shared_ptr<T>(
        take().release(), [this](T* used) { give(std::unique_ptr<T>(used)); },
        std::pmr::polymorphic_allocator<T>(&counts_));
  }

 private:
  std::unique_ptr<T> take() SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (spare_.empty()) return make_();
    std::unique_ptr<T> last = std::move(spare_.back());  // the one most likely still in the processor's cache
    spare_.pop_back();
    return last;
  }
  void give(std::unique_ptr<T> used) SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    spare_.push_back(std::move(used));
  }

  std::pmr::synchronized_pool_resource counts_;  // memory for the owners' counts
  const Make make_;
  Mutex mutex_;
  std::vector<std::unique_ptr<T>> spare_ SEGFLEET_GUARDED_BY(mutex_);
};

}  // namespace segfleet
