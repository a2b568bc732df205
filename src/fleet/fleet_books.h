// SPDX-License-Identifier: Apache-2.0
// What a fleet's loop tells, for its callers: outcomes to those who wait for them, counts and notes for those
// who ask. Thread-safety: the LoopListener's methods on the loop's thread, the others from any.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "fleet/pending_pictures.h"
#include "fleet/progress_meter.h"

namespace segfleet {

class FleetBooks : public LoopListener {
 public:
  FleetBooks(const WorkerPlan& plan, PendingPictures& pictures);

  void worker_started(SlotId slot, int pid) override;
  void worker_ready(SlotId slot, const Ready& ready) override;
  void worker_stats(SlotId slot, const Stats& stats) override;
  Status worker_ended(SlotId slot, const std::string& how, WorkerEnd end) override;
  void device_lost(std::uint32_t device, const Error& error) override;
  void device_sampled(std::uint32_t device, const DeviceSample& sample) override;
  void note(const std::string& text) override;
  Status outcome(SlotId slot, int pid, Outcome outcome, std::uint32_t attempts, UniqueFd attached) override;
  Status late_outcome(const Outcome& /*outcome*/) override { return {}; }
  Status failure_by_dispatcher(const RecordFailure& failure) override;
  Status tick(std::int64_t now_ns) override;
  std::int64_t next_tick_ns() const override { return next_progress_ns_; }

  void loop_ended(const Error& why);  // gives every open picture this error
  Status wait_until_ready();          // one worker has loaded, or none will: why
  Progress progress() const;
  std::vector<std::string> notes() const;

 private:
  const std::string& device_of(SlotId slot) const { return plan_.devices[plan_.slots[slot].device].name; }

  const WorkerPlan& plan_;
  PendingPictures& pictures_;
  std::int64_t next_progress_ns_;
  mutable Mutex mutex_;
  Condition changed_;
  ProgressMeter meter_ SEGFLEET_GUARDED_BY(mutex_);
  std::vector<std::string> notes_ SEGFLEET_GUARDED_BY(mutex_);
  bool ready_ SEGFLEET_GUARDED_BY(mutex_) = false;
  std::optional<Error> ended_ SEGFLEET_GUARDED_BY(mutex_);
};

}  // namespace segfleet
