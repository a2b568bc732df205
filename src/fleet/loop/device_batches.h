// SPDX-License-Identifier: Apache-2.0
// What the workers of a device have found out about its memory, kept for their successors: the batch that a
// worker died with is halved, and grown again by the next worker itself. Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <vector>

#include "fleet/loop/worker_plan.h"

namespace segfleet {

class DeviceBatches {
 public:
  explicit DeviceBatches(const WorkerPlan& plan) { follow(plan); }
  void follow(const WorkerPlan& plan);  // devices were added

  // MemoryPlan::first_batch of the slot's next worker.
  int first_batch(std::uint32_t slot) const { return first_[device_of_slot_[slot]]; }

  // Items a call of which the worker should have enough at hand: a few times its batch in use, so that it can
  // try larger ones, up to the largest that it can have.
  int to_feed(std::uint32_t slot) const;

  void ready(std::uint32_t slot, int batch);
  void reported(std::uint32_t slot, int batch);  // in use by now; 0: it does not know
  // By itself: memory may be why, with or without a word. The next worker's first batch; 0: as planned.
  int died(std::uint32_t slot);

 private:
  std::vector<std::uint32_t> device_of_slot_;
  std::vector<int> in_use_;   // by slot; 0: not known
  std::vector<int> largest_;  // by slot
  std::vector<bool> grows_;   // by slot
  std::vector<int> first_;    // by device; 0: nothing known
};

}  // namespace segfleet
