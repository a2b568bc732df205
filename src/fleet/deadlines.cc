// SPDX-License-Identifier: Apache-2.0
#include "fleet/deadlines.h"

namespace segfleet {

void Deadlines::set(std::uint32_t slot, std::int64_t at_ns) {
  Slot& state = slots_[slot];
  state.at_ns = at_ns;
  if (at_ns >= state.queued_ns) return;
  state.queued_ns = at_ns;
  heap_.emplace(at_ns, slot);
}

std::optional<std::uint32_t> Deadlines::pop_due(std::int64_t now_ns) {
  while (!heap_.empty() && heap_.top().first <= now_ns) {
    const auto [at_ns, slot] = heap_.top();
    heap_.pop();
    Slot& state = slots_[slot];
    if (at_ns != state.queued_ns) continue;  // an earlier entry of the slot replaced this one
    state.queued_ns = kNever;
    if (state.at_ns <= now_ns) {
      state.at_ns = kNever;
      return slot;
    }
    if (state.at_ns != kNever) set(slot, state.at_ns);
  }
  return std::nullopt;
}

}  // namespace segfleet
