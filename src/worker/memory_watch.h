// SPDX-License-Identifier: Apache-2.0
// What fits in a device's memory, by what was measured: with the model loaded, and after the largest batch so
// far. Between the two, memory is taken to grow evenly with the items. Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"
#include "transport/messages.h"

namespace segfleet {

// Nothing: it cannot be measured.
using ReadMemory = std::function<std::optional<DeviceMemory>()>;

// Of an engine on a device: the engine's own word, or, of a CPU, this process and the host's memory.
ReadMemory memory_reader(const Engine& engine, const std::string& device);

// Bytes that one worker may use. Of the limit and of the device its part; of free memory beyond the reserve
// its part beside what it has.
std::uint64_t memory_budget(const MemoryPlan& plan, const DeviceMemory& now);
// The limit of one worker, 0: none. Errors: invalid_argument where it is larger than the device.
Result<std::uint64_t> worker_limit(const MemoryPlan& plan, const std::string& device,
                                   std::uint64_t total_bytes);

class MemoryWatch {
 public:
  MemoryWatch(MemoryPlan plan, ReadMemory read, int lanes);

  // The model is loaded, nothing has run yet. False: nothing can be measured, now or later.
  bool loaded();
  // A call of that many items ended well. Reads where it was the lane's largest.
  void ran(int lane, int items);
  // Memory can be measured, but nothing has run that would tell what an item needs.
  bool awaits_first_call() const;
  // Items of each lane's calls that fit; nothing: not known yet, or never.
  std::optional<int> fitting() const;

  const std::optional<DeviceMemory>& last() const { return last_; }
  std::uint64_t budget_bytes() const;  // at the last reading; 0: not known
  std::uint64_t needed_bytes(int items) const;

 private:
  std::uint64_t per_item_bytes() const;  // of every lane's calls; 0: none seen

  const MemoryPlan plan_;
  const ReadMemory read_;
  std::vector<int> largest_;  // items, by lane
  std::uint64_t idle_bytes_ = 0;
  std::optional<DeviceMemory> last_;
};

}  // namespace segfleet
