// SPDX-License-Identifier: Apache-2.0
// The threads of one stage, of which as many are let to work as HelperCount says; the others sleep.
// Thread-safety: every method from any thread.
#pragma once
#include "base/mutex.h"
#include "worker/helper_count.h"

namespace segfleet {

class HelperThreads {
 public:
  HelperThreads(int first, int most) : count_(first, most) {}

  // The thread of that number, from 0, wants to take an item: blocks while it is one too many. Number 0 never
  // waits.
  void wait_for_turn(int number) SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (number >= count_.count() && !released_) changed_.wait(mutex_);
  }
  // There will be no more items: nobody waits any more.
  void release() SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  void observe(double waiting_share, bool backlog) SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    count_.observe(waiting_share, backlog);
    changed_.notify_all();
  }
  int at_work() const SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return count_.count();
  }

 private:
  mutable Mutex mutex_;
  Condition changed_;
  HelperCount count_ SEGFLEET_GUARDED_BY(mutex_);
  bool released_ SEGFLEET_GUARDED_BY(mutex_) = false;
};

}  // namespace segfleet
