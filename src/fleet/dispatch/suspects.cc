// SPDX-License-Identifier: Apache-2.0
#include "fleet/dispatch/suspects.h"

#include <algorithm>

namespace segfleet {
namespace {

// The list that a worker of `device` may take from, or end().
template <typename Shelf>
auto list_for(Shelf& shelf, std::uint32_t device, bool only_device) {
  auto found = shelf.begin();
  if (found != shelf.end() && found->first == device && !only_device) ++found;
  return found;
}

}  // namespace

void Suspects::came_back(ItemId id, std::uint32_t attempt) {
  ItemHistory& history = history_[id];
  history.attempts = std::max(history.attempts, attempt);
  ++waiting_;
  if (history.deaths.empty())
    fresh_.push_back(id);
  else
    died_on_[history.deaths.back().device].push_back(id);
}

const ItemHistory& Suspects::died_alone(ItemId id, std::uint32_t attempt, const DeathAlone& death) {
  ItemHistory& history = history_[id];
  history.attempts = std::max(history.attempts, attempt);
  history.deaths.push_back(death);
  return history;
}

void Suspects::try_again(ItemId id) {
  died_on_[history_[id].deaths.back().device].push_back(id);
  ++waiting_;
}

bool Suspects::any_for(std::uint32_t device, bool only_device) const {
  return !fresh_.empty() || list_for(died_on_, device, only_device) != died_on_.end();
}

std::optional<ItemId> Suspects::take(std::uint32_t device, bool only_device, SuspectOrder order) {
  if (order == SuspectOrder::most_suspect_first) {
    if (auto id = take_died(device, only_device)) return id;
    return take_fresh();
  }
  if (auto id = take_fresh()) return id;
  if (order == SuspectOrder::unstruck_only) return std::nullopt;
  return take_died(device, only_device);
}

std::optional<ItemId> Suspects::take_fresh() {
  if (fresh_.empty()) return std::nullopt;
  const ItemId id = fresh_.front();
  fresh_.pop_front();
  --waiting_;
  return id;
}

std::optional<ItemId> Suspects::take_died(std::uint32_t device, bool only_device) {
  const auto list = list_for(died_on_, device, only_device);
  if (list == died_on_.end()) return std::nullopt;
  const ItemId id = list->second.front();
  list->second.pop_front();
  if (list->second.empty()) died_on_.erase(list);
  --waiting_;
  return id;
}

std::uint32_t Suspects::attempts_of(ItemId id) const {
  const auto found = history_.find(id);
  return found == history_.end() ? 1 : found->second.attempts;
}

std::uint32_t Suspects::next_attempt(ItemId id) {
  return ++history_[id].attempts;
}

}  // namespace segfleet
