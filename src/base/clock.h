// SPDX-License-Identifier: Apache-2.0
// Monotonic time in nanoseconds. Wall-clock time is for display and for the ledger's dates only.
#pragma once
#include <chrono>
#include <cstdint>

namespace segfleet {

inline std::int64_t steady_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Measures from its construction.
class Stopwatch {
 public:
  std::int64_t elapsed_ns() const { return steady_now_ns() - start_ns_; }

 private:
  std::int64_t start_ns_ = steady_now_ns();
};

}  // namespace segfleet
