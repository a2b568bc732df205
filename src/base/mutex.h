// SPDX-License-Identifier: Apache-2.0
// A mutex that clang's thread-safety analysis understands; `./dev lint` enforces the annotations.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SEGFLEET_TSA(x) __attribute__((x))
#else
#define SEGFLEET_TSA(x)
#endif
#define SEGFLEET_GUARDED_BY(m) SEGFLEET_TSA(guarded_by(m))
#define SEGFLEET_REQUIRES(...) SEGFLEET_TSA(requires_capability(__VA_ARGS__))
#define SEGFLEET_EXCLUDES(...) SEGFLEET_TSA(locks_excluded(__VA_ARGS__))

namespace segfleet {

class SEGFLEET_TSA(capability("mutex")) Mutex {
 public:
  void lock() SEGFLEET_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() SEGFLEET_TSA(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class SEGFLEET_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SEGFLEET_TSA(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() SEGFLEET_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits may wake without cause: always wait in a loop over the condition itself.
class Condition {
 public:
  void wait(Mutex& mutex) SEGFLEET_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False where the time was over.
  bool wait_for(Mutex& mutex, std::chrono::nanoseconds time) SEGFLEET_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool woken = condition_.wait_for(lock, time) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace segfleet
