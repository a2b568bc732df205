// SPDX-License-Identifier: Apache-2.0
// Keeps the books of a run: outcomes into ledger and statistics, news to the observer, both at their own
// pace. Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "fleet/decode_check.h"
#include "fleet/ledger/ledger.h"
#include "fleet/loop/event_loop.h"
#include "fleet/progress_meter.h"
#include "fleet/run_history.h"
#include "fleet/run_statistics.h"

namespace segfleet {

class RunBooks : public LoopListener {
 public:
  // rows[i]: the ledger's row of items[i]. check: nullptr where every picture is decoded as PaddleSeg does.
  RunBooks(const WorkerPlan& plan, const std::vector<SourceItem>& items,
           const std::vector<Ledger::Entry>& rows, Ledger& ledger, ProgressMeter& meter,
           RunStatistics& statistics, RunObserver& observer, DecodeCheck* check, std::int64_t start_ns);

  void worker_started(SlotId slot, int pid) override;
  void worker_ready(SlotId slot, const Ready& ready) override;
  void worker_stats(SlotId slot, const Stats& stats) override;
  Status worker_ended(SlotId slot, const std::string& how, WorkerEnd end) override;
  void device_lost(std::uint32_t device, const Error& error) override;
  void device_added(std::uint32_t device) override;
  void device_removed(std::uint32_t device) override;
  void paused(bool paused) override;
  void device_sampled(std::uint32_t device, const DeviceSample& sample) override;
  void note(const std::string& text) override;
  Status outcome(SlotId slot, int pid, Outcome outcome, std::uint32_t attempts, UniqueFd attached) override;
  Status late_outcome(const Outcome& outcome) override;
  Status failure_by_dispatcher(const RecordFailure& failure) override;
  Status tick(std::int64_t now_ns) override;
  std::int64_t next_tick_ns() const override;
  Status flush();  // all that is known into the ledger; on its own about every 250 ms

  double first_mask_s() const { return first_mask_s_; }          // -1: none yet
  double engine_load_s() const { return engine_load_s_; }        // of the first that was ready
  bool worker_was_killed() const { return worker_was_killed_; }  // then temporary files may lie about
  const std::string& engine_version() const { return engine_version_; }

 private:
  const std::string& device_name(SlotId slot) const { return plan_.devices[plan_.slots[slot].device].name; }
  void tell_failure(const Outcome& outcome, const std::string& device, const std::string& stage,
                    std::uint32_t attempts);
  Status record(RecordedOutcome recorded);
  void flush_soon();

  const WorkerPlan& plan_;
  const std::vector<SourceItem>& items_;
  const std::vector<Ledger::Entry>& rows_;
  Ledger& ledger_;
  RunHistory history_;
  ProgressMeter& meter_;
  RunStatistics& statistics_;
  RunObserver& observer_;
  DecodeCheck* check_;
  std::optional<std::uint64_t> checked_pictures_kept_;  // as many as the ledger's fact tells of
  std::int64_t start_ns_;
  std::int64_t next_flush_ns_ = INT64_MAX;
  std::int64_t next_progress_ns_;
  double first_mask_s_ = -1;
  double engine_load_s_ = 0;
  bool worker_was_killed_ = false;
  std::string engine_version_;
};

}  // namespace segfleet
