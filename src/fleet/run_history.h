// SPDX-License-Identifier: Apache-2.0
// Keeps the course of a run in the ledger: its workers from start to end, and about once a second what each
// said of itself; what changed while it went on. Thread-safety: one thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/ledger.h"
#include "fleet/loop/event_loop.h"

namespace segfleet {

class RunHistory {
 public:
  RunHistory(const WorkerPlan& plan, Ledger& ledger);

  void worker_started(SlotId slot, int pid);
  void worker_ready(SlotId slot, const Ready& ready);
  void worker_stats(SlotId slot, const Stats& stats);
  void worker_ended(SlotId slot, const std::string& how, WorkerEnd end);
  void changed(std::string_view what);  // of the run (RunChange)
  void device_changed(std::uint32_t device, std::string_view what);
  void device_sampled(std::uint32_t device, const DeviceSample& sample);
  // Names the item's worker, and puts its moments on the run's clock.
  void place(SlotId slot, RecordedOutcome& recorded) const;

 private:
  struct Slot {
    WorkerRecord worker;
    Stats sampled;  // as of the last sample
    Stats last;
  };
  void sample(Slot& slot);

  const WorkerPlan& plan_;
  Ledger& ledger_;
  std::vector<Slot> slots_;                      // grows with the plan
  std::vector<std::int64_t> device_sampled_us_;  // by device, of the last sample; grows with the plan
  std::int64_t workers_ = 0;
};

}  // namespace segfleet
