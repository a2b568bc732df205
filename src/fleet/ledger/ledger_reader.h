// SPDX-License-Identifier: Apache-2.0
// Reads a ledger without changing it, also while a run is busy with it: all that one reader gives is of one
// moment. Rows come one after the other, in constant memory. Thread-safety: one thread at a time.
// Errors: as open_ledger_to_read(); ledger_error where the file turns out to be damaged on the way.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/history.h"
#include "fleet/ledger/ledger.h"
#include "fleet/ledger/sqlite.h"

namespace segfleet {

struct RunRecord {
  std::int64_t id = 0;
  std::string started_at;
  std::string ended_at;  // empty: it is busy, or was killed
  std::string status;    // likewise
  std::string options;   // JSON
  std::string version;
  std::int64_t total = 0, skipped = 0, done = 0, failed = 0;  // 0 where it has not ended
};

// An item with an outcome. Microseconds of the run's clock (history.h); 0: it did not get there.
struct ItemRecord {
  std::string path;   // absolute
  std::string input;  // as it was listed
  std::string stem;
  bool done = false;
  std::string code, stage, message;  // where !done
  std::int64_t attempts = 0;
  std::string device;
  std::int64_t worker = 0;  // WorkerRecord::number; 0: none, or not kept
  Size picture;
  std::int64_t mask_bytes = 0;
  StageTimes stage_us{};
  Moments moments_us{};
  std::int64_t ended_us = 0;  // its end, or by the wall clock where that was not kept

  std::int64_t at(Moment moment) const { return moments_us[static_cast<std::size_t>(moment)]; }
  std::int64_t in(Stage which) const { return stage_us[static_cast<std::size_t>(which)]; }
};

struct FailureCount {
  std::string code;
  std::int64_t items = 0;
};
struct ClassCount {
  int class_index = 0;
  std::int64_t pixels = 0;
  std::int64_t items = 0;  // that have the class
};

class LedgerReader {
 public:
  static Result<LedgerReader> open(const std::filesystem::path& path);

  Result<JobIdentity> identity() const;
  Result<std::vector<RunRecord>> runs() const;  // oldest first
  // Ledger::set_run_fact(); empty: there is none.
  Result<std::string> run_fact(std::int64_t run, std::string_view name) const;
  Result<std::vector<WorkerRecord>> workers(std::int64_t run) const;
  Result<std::vector<RunChange>> changes(std::int64_t run) const;  // in their order
  Status each_sample(std::int64_t run, const std::function<void(const RunSample&)>& visit) const;

  using VisitItem = std::function<void(const ItemRecord&)>;
  Status each_item(std::int64_t run, const VisitItem& visit) const;  // in no order
  // Those that got to the moment: worker by worker, in the order in which they got there.
  Status each_item_by(Moment moment, std::int64_t run, const VisitItem& visit) const;
  Result<std::vector<ItemRecord>> slowest(std::int64_t run, int count) const;  // done; without waiting
  Result<std::vector<ItemRecord>> failed(std::int64_t run, int count) const;   // by name
  // Done items with a mask, spread evenly over the run.
  Result<std::vector<ItemRecord>> spread(std::int64_t run, int count) const;

  // The time that a done item took in a stage, at each share (0 to 1, ascending) of the items; empty: none.
  Result<std::vector<std::int64_t>> quantiles(std::int64_t run, Stage stage,
                                              const std::vector<double>& shares) const;
  Result<std::vector<FailureCount>> failures(std::int64_t run) const;  // most first
  Result<std::vector<ClassCount>> classes(std::int64_t run) const;     // most pixels first
  Result<std::int64_t> done(std::int64_t run) const;                   // items
  Result<std::int64_t> end_us(std::int64_t run) const;  // of its last outcome or sample; 0: none
  Result<std::int64_t> last_begin_us(
      std::int64_t run) const;           // when its last item was begun; 0: none, or not kept
  Result<std::int64_t> pending() const;  // items without an outcome

 private:
  explicit LedgerReader(Database database) : database_(std::move(database)) {}
  Status query(std::string_view sql, const std::vector<std::int64_t>& values,
               const std::function<void(const Statement&)>& visit) const;
  Result<std::int64_t> number(std::string_view sql, const std::vector<std::int64_t>& values) const;
  Status items(std::string_view rest, const std::vector<std::int64_t>& values, const VisitItem& visit) const;
  Result<std::vector<ItemRecord>> item_list(std::string_view rest,
                                            const std::vector<std::int64_t>& values) const;

  Database database_;
};

}  // namespace segfleet
