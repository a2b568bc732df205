// SPDX-License-Identifier: Apache-2.0
// The SQLite file that holds every item's outcome. Schema and queries: docs/ledger.md.
// Never ahead of the files: a row says done only after the worker reported its files durable.
// Thread-safety: one thread at a time.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/history.h"
#include "io/source/source.h"
#include "segfleet/error.h"
#include "segfleet/run.h"
#include "transport/messages.h"

namespace segfleet {

struct LedgerCounts {
  std::uint64_t pending = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
};

// What must be equal for results of two runs to lie in one folder: option name -> value, e.g. "model",
// "size", "precision", "engine".
using JobIdentity = std::map<std::string, std::string>;

struct RecordedOutcome {
  Outcome outcome;          // its id is the row's; its moments are of the run's clock
  bool stage_known = true;  // false: the worker died or fell silent, so nobody knows at which stage
  std::string device;
  int worker_pid = 0;
  std::int64_t worker = 0;  // WorkerRecord::number; 0: none
  std::uint32_t attempts = 1;
};

// What the runs table keeps of a run's end.
struct RunEnd {
  std::string status;  // "finished", "interrupted" or the name of the error's code
  std::uint64_t total = 0;
  std::uint64_t skipped = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::vector<DeviceProgress> devices;
};

// The files that a run makes of each item.
struct OutputFiles {
  bool mask = true;
  bool overlay = false;
  bool confidence = false;
  Layout layout = Layout::segfleet;
};

// Why an item that an earlier run has done has to be computed again.
enum class Again : std::uint8_t {
  no,
  no_mask,  // that run did not write any: its --outputs were others
  no_overlay,
  no_confidence,
  files_gone,  // or of another size than was recorded
  changed,     // its input, or the name of its output
};

class Ledger {
 public:
  // Opens or makes the ledger. Errors: ledger_error (damaged, newer schema, not SQLite; names the file and
  // the mend), no_space, permission_denied.
  static Result<Ledger> open(const std::filesystem::path& path);
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;
  ~Ledger();

  // The identity stored by the first run, or nothing.
  Result<std::optional<JobIdentity>> identity() const;
  Status set_identity(const JobIdentity& identity);
  Status forget_everything();  // --restart: all but the runs
  // Every output name that the ledger knows, and whose it is, so that --restart can remove the files first.
  Status for_each_item(
      const std::function<void(const std::string& stem, const std::string& input)>& visit) const;

  // A row in the runs table; items recorded from now on belong to it. `options`: JSON, for people.
  Status begin_run(const std::string& options, const std::string& version);
  Status end_run(const RunEnd& end);
  std::int64_t run_us() const;  // the present run's clock (history.h)
  // What is to be kept of the present run beside its row, under a name of its own; replaces an earlier value.
  Status set_run_fact(std::string_view name, const std::string& value);

  // Brings the items in line with the source list and gives, in its order, the row id of each item and
  // whether it is already done: same absolute path, size and mtime, done, and its files still there with the
  // recorded size. Rows of inputs that are no longer listed stay. Failed and pending items come back as not
  // done. Files under the output name of an input that has changed, or has another name now, are removed.
  // Errors: output_conflict where an input that is no longer listed has its finished result under the
  // same output name.
  struct Entry {
    ItemId id = 0;
    bool done = false;
    Again again = Again::no;
  };
  Result<std::vector<Entry>> reconcile(const SourceList& sources, const std::filesystem::path& output_root,
                                       const OutputFiles& needed);
  // Takes out of sources.failures what is gone (not_found) but done, its files still there with the recorded
  // size: nothing is left to do for it. Gives how many that were.
  Result<std::uint64_t> take_out_done(SourceList& sources, const std::filesystem::path& output_root,
                                      const OutputFiles& needed) const;
  // Records sources.failures as failed items (stage read).
  Status record_source_failures(const SourceList& sources);

  // Buffered: written in one transaction by flush(), which is called about every 250 ms and at the end.
  void record(RecordedOutcome outcome);
  void record(WorkerRecord worker);
  void record(RunSample sample);
  void record(RunChange change);
  Status flush();
  std::size_t unwritten() const;  // outcomes recorded since the last flush
  Status close();                 // flush, fold the write-ahead log back into the one file

  Result<LedgerCounts> counts() const;

 private:
  struct State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace segfleet
