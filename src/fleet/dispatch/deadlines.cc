// SPDX-License-Identifier: Apache-2.0
#include "fleet/dispatch/deadlines.h"

#include <algorithm>

namespace segfleet {

void Deadlines::set(std::uint32_t slot, std::int64_t now_ns, std::int64_t delay_ns) {
  slots_[slot].at_ns = now_ns + std::clamp<std::int64_t>(delay_ns, 0, kNever - 1 - now_ns);
  queue(slot);
}

void Deadlines::queue(std::uint32_t slot) {
  Slot& state = slots_[slot];
  if (state.at_ns >= state.queued_ns) return;
  state.queued_ns = state.at_ns;
  heap_.emplace(state.at_ns, slot);
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
    queue(slot);
  }
  return std::nullopt;
}

}  // namespace segfleet
