// SPDX-License-Identifier: Apache-2.0
// Work that other threads have for the event loop's thread, which alone may touch the loop's state.
// Thread-safety: as each method says.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>

#include "base/mutex.h"
#include "base/unique_fd.h"

namespace segfleet {

class LoopCalls {
 public:
  LoopCalls();
  LoopCalls(const LoopCalls&) = delete;
  LoopCalls& operator=(const LoopCalls&) = delete;

  // From any other thread. The loop makes the call soon, and then this returns; false: the loop has ended,
  // the call is never made.
  bool run(const std::function<void()>& call);

  // From the loop's thread.
  int fd() const { return wake_.get(); }  // readable while there are calls; -1: no eventfd could be had
  void make();                            // those that there are
  void close();                           // no call is made after this

 private:
  UniqueFd wake_;
  Mutex mutex_;
  Condition changed_;
  std::deque<std::function<void()>> calls_ SEGFLEET_GUARDED_BY(mutex_);
  std::uint64_t posted_ SEGFLEET_GUARDED_BY(mutex_) = 0;
  std::uint64_t made_ SEGFLEET_GUARDED_BY(mutex_) = 0;
  bool closed_ SEGFLEET_GUARDED_BY(mutex_) = false;
};

}  // namespace segfleet
