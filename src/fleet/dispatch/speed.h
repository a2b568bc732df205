// SPDX-License-Identifier: Apache-2.0
// How fast workers are, from their outcomes alone, exponentially weighted. Thread-safety: one thread at a
// time.
#pragma once
#include <cstdint>

namespace segfleet {

// Items per second of one worker while it holds any.
class Speed {
 public:
  Speed() : Speed(1) {}
  explicit Speed(int in_engine);  // items that its engine takes at once: their outcomes come together

  void set_in_engine(int in_engine);

  void begin(std::int64_t now_ns) { last_ns_ = now_ns; }  // it had nothing and has been given something
  void outcome(std::int64_t now_ns);
  double items_per_s() const;  // 0: not known yet

 private:
  double kept_share_ = 0;  // of what was known, at each outcome
  double items_ = 0;
  double seconds_ = 0;
  std::int64_t last_ns_ = 0;
};

// How long items stay with workers, against what was expected from their speed when they were leased: the
// same for all workers, so that one that slows down is measured by its peers.
class Overrun {
 public:
  void observe(std::int64_t actual_ns, std::int64_t expected_ns);
  double ratio() const;  // at least 1

 private:
  double actual_s_ = 0;
  double expected_s_ = 0;
};

}  // namespace segfleet
