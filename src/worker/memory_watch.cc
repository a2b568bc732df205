// SPDX-License-Identifier: Apache-2.0
#include "worker/memory_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/byte_size.h"
#include "base/host_memory.h"
#include "base/process_usage.h"

namespace segfleet {
namespace {

std::uint64_t share_of(double share, std::uint64_t bytes) {
  return static_cast<std::uint64_t>(share * static_cast<double>(bytes));
}

std::optional<DeviceMemory> read_host() {
  const std::optional<HostMemory> host = host_memory();
  const std::uint64_t own = process_rss_bytes();
  if (!host || own == 0) return std::nullopt;
  return DeviceMemory{own, host->available_bytes, host->total_bytes};
}

}  // namespace

ReadMemory memory_reader(const Engine& engine, const std::string& device) {
  const bool on_host = device == "cpu";
  return [&engine, on_host] {
    const std::optional<DeviceMemory> told = engine.memory();
    return told || !on_host ? told : read_host();
  };
}

std::uint64_t memory_budget(const MemoryPlan& plan, const DeviceMemory& now) {
  const auto workers = static_cast<std::uint64_t>(std::max(1, plan.workers));
  const auto sharers = static_cast<std::uint64_t>(std::max(1, plan.sharers));
  const std::uint64_t reserve = plan.reserve_bytes + share_of(plan.reserve_share, now.total_bytes);
  std::uint64_t budget = now.used_bytes + (now.free_bytes - std::min(now.free_bytes, reserve)) / sharers;
  if (plan.limit_bytes > 0) budget = std::min(budget, plan.limit_bytes / workers);
  if (plan.limit_share > 0) budget = std::min(budget, share_of(plan.limit_share, now.total_bytes) / sharers);
  return budget;
}

Result<std::uint64_t> worker_limit(const MemoryPlan& plan, const std::string& device,
                                   std::uint64_t total_bytes) {
  if (total_bytes > 0 && plan.limit_bytes > total_bytes)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("--memory-limit {} is more than {} has, {}: give less, or leave it out",
                             bytes_text(plan.limit_bytes), device, bytes_text(total_bytes))};
  if (plan.limit_bytes > 0) return plan.limit_bytes / static_cast<std::uint64_t>(std::max(1, plan.workers));
  return share_of(plan.limit_share, total_bytes) / static_cast<std::uint64_t>(std::max(1, plan.sharers));
}

MemoryWatch::MemoryWatch(MemoryPlan plan, ReadMemory read, int lanes)
    : plan_(plan), read_(std::move(read)), largest_(static_cast<std::size_t>(lanes)) {}

bool MemoryWatch::loaded() {
  last_ = read_();
  if (last_) idle_bytes_ = last_->used_bytes;
  return last_.has_value();
}

void MemoryWatch::ran(int lane, int items) {
  int& largest = largest_[static_cast<std::size_t>(lane)];
  if (!last_ || items <= largest) return;
  largest = items;
  if (const std::optional<DeviceMemory> now = read_()) last_ = now;
}

std::uint64_t MemoryWatch::per_item_bytes() const {
  const int items = std::accumulate(largest_.begin(), largest_.end(), 0);
  if (!last_ || items == 0 || last_->used_bytes <= idle_bytes_) return 0;
  const std::uint64_t grown = last_->used_bytes - idle_bytes_;
  return largest_.size() * (grown / static_cast<std::uint64_t>(items));
}

bool MemoryWatch::awaits_first_call() const {
  return last_ && std::ranges::all_of(largest_, [](int items) { return items == 0; });
}

std::optional<int> MemoryWatch::fitting() const {
  const std::uint64_t per_item = per_item_bytes();
  if (per_item == 0) return std::nullopt;
  const std::uint64_t budget = budget_bytes();
  const std::uint64_t items = (budget - std::min(budget, idle_bytes_)) / per_item;
  return static_cast<int>(std::min<std::uint64_t>(items, std::numeric_limits<int>::max()));
}

std::uint64_t MemoryWatch::budget_bytes() const {
  return last_ ? memory_budget(plan_, *last_) : 0;
}

std::uint64_t MemoryWatch::needed_bytes(int items) const {
  return idle_bytes_ + static_cast<std::uint64_t>(items) * per_item_bytes();
}

}  // namespace segfleet
