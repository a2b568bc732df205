// SPDX-License-Identifier: Apache-2.0
#include "fleet/loop/loop_calls.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace segfleet {

LoopCalls::LoopCalls() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

bool LoopCalls::run(const std::function<void()>& call) {
  const MutexLock lock(mutex_);
  if (closed_) return false;
  calls_.push_back(call);
  const std::uint64_t number = ++posted_;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);  // fails only where it is readable already
  while (made_ < number && !closed_) changed_.wait(mutex_);
  return made_ >= number;
}

void LoopCalls::make() {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);
  std::deque<std::function<void()>> calls;
  {
    const MutexLock lock(mutex_);
    calls.swap(calls_);
  }
  for (const std::function<void()>& call : calls) call();
  const MutexLock lock(mutex_);
  made_ += calls.size();
  changed_.notify_all();
}

void LoopCalls::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  calls_.clear();
  changed_.notify_all();
}

}  // namespace segfleet
