// SPDX-License-Identifier: Apache-2.0
// Results between a fleet's own thread, which must never wait for the interpreter's lock, and the Python
// thread that hands them to their futures. Thread-safety: every method from any thread.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "segfleet/fleet.h"

namespace segfleet {

class FinishedPictures {
 public:
  using Entry = std::pair<std::uint64_t, Result<Segmentation>>;  // ticket, result

  void add(std::uint64_t ticket, Result<Segmentation> result) SEGFLEET_EXCLUDES(mutex_);
  // Waits for some; none once closed and empty.
  std::vector<Entry> take_all() SEGFLEET_EXCLUDES(mutex_);
  void close() SEGFLEET_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  Condition filled_;
  std::vector<Entry> entries_ SEGFLEET_GUARDED_BY(mutex_);
  bool closed_ SEGFLEET_GUARDED_BY(mutex_) = false;
};

}  // namespace segfleet
