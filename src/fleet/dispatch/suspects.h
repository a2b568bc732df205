// SPDX-License-Identifier: Apache-2.0
// Items whose worker died. They wait here to be tried again apart, until the guilty one is known, and their
// attempts and deaths are kept. Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "transport/messages.h"

namespace segfleet {

// A worker died while this item was all it held.
struct DeathAlone {
  std::uint32_t device = 0;
  bool device_works = false;  // the device had given outcomes before: the death speaks against the item
  bool timeout = false;       // the worker was killed because it gave no outcome in time
};

struct ItemHistory {
  std::uint32_t attempts = 1;  // leases so far
  std::vector<DeathAlone> deaths;
};

enum class SuspectOrder {
  most_suspect_first,   // on a device that has just shown that it works: a death tells most about the item
  least_suspect_first,  // on a device in doubt: items must not be condemned for its faults
  unstruck_only,        // only those that no worker died of alone
};

class Suspects {
 public:
  // Comes back from a worker that died with others: any device may try it. Where an earlier worker died with
  // it alone, it goes back to those.
  void came_back(ItemId id, std::uint32_t attempt);
  // Comes back from a worker that held nothing else. It waits only after try_again().
  const ItemHistory& died_alone(ItemId id, std::uint32_t attempt, const DeathAlone& death);
  void try_again(ItemId id);

  // May a worker of `device` take one? An item that died alone is tried on another device than the last time,
  // unless only this device has workers that are ready (only_device).
  bool any_for(std::uint32_t device, bool only_device) const;
  std::optional<ItemId> take(std::uint32_t device, bool only_device, SuspectOrder order);
  std::size_t waiting() const { return waiting_; }

  std::uint32_t attempts_of(ItemId id) const;  // 1 for an item that never came back
  std::uint32_t next_attempt(ItemId id);       // counts the lease that is being made

 private:
  using Shelf = std::map<std::uint32_t, std::deque<ItemId>>;
  std::optional<ItemId> take_fresh();
  std::optional<ItemId> take_died(std::uint32_t device, bool only_device);

  std::unordered_map<ItemId, ItemHistory> history_;
  std::deque<ItemId> fresh_;  // no death alone yet
  Shelf died_on_;             // by the device of the last death alone; no empty lists
  std::size_t waiting_ = 0;
};

}  // namespace segfleet
