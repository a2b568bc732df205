// SPDX-License-Identifier: Apache-2.0
// One deadline per slot. Moving a deadline later, which every outcome does, is one store: the heap is
// corrected when the old time comes up. Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace segfleet {

class Deadlines {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  void grow(std::size_t slots) { slots_.resize(slots); }                     // never fewer than there are
  void set(std::uint32_t slot, std::int64_t now_ns, std::int64_t delay_ns);  // a huge delay does not wrap
  void clear(std::uint32_t slot) { slots_[slot].at_ns = kNever; }

  // A slot whose deadline has come; it is cleared. Nothing: none is due.
  std::optional<std::uint32_t> pop_due(std::int64_t now_ns);

  // Not later than the first deadline; kNever where there is none.
  // It may be early, where a deadline was moved.
  std::int64_t next_ns() const { return heap_.empty() ? kNever : heap_.top().first; }

 private:
  struct Slot {
    std::int64_t at_ns = kNever;
    std::int64_t queued_ns = kNever;  // time of its valid entry in the heap
  };
  void queue(std::uint32_t slot);
  using Entry = std::pair<std::int64_t, std::uint32_t>;

  std::vector<Slot> slots_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace segfleet
