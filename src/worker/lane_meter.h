// SPDX-License-Identifier: Apache-2.0
// How long one engine lane computed, and how long it waited for the stages before and behind it, the current
// call included, so that a stuck engine shows as busy. Thread-safety: every method from any thread.
#pragma once
#include <cstdint>

#include "base/clock.h"
#include "base/mutex.h"

namespace segfleet {

enum class LaneState {
  busy,     // in the engine
  idle,     // without work at hand
  blocked,  // the stages behind have no room
  other,
};

struct LaneTimes {
  std::int64_t busy_ns = 0;
  std::int64_t idle_ns = 0;
  std::int64_t blocked_ns = 0;
};

class LaneMeter {
 public:
  void enter(LaneState next) SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const std::int64_t now_ns = steady_now_ns();
    times_ = times_at(now_ns);
    state_ = next;
    since_ns_ = now_ns;
  }
  LaneTimes times() const SEGFLEET_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return times_at(steady_now_ns());
  }

 private:
  LaneTimes times_at(std::int64_t now_ns) const SEGFLEET_REQUIRES(mutex_) {
    LaneTimes times = times_;
    if (state_ == LaneState::busy) times.busy_ns += now_ns - since_ns_;
    if (state_ == LaneState::idle) times.idle_ns += now_ns - since_ns_;
    if (state_ == LaneState::blocked) times.blocked_ns += now_ns - since_ns_;
    return times;
  }

  mutable Mutex mutex_;
  LaneTimes times_ SEGFLEET_GUARDED_BY(mutex_);
  LaneState state_ SEGFLEET_GUARDED_BY(mutex_) = LaneState::other;
  std::int64_t since_ns_ SEGFLEET_GUARDED_BY(mutex_) = 0;
};

}  // namespace segfleet
