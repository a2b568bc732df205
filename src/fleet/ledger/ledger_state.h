// SPDX-License-Identifier: Apache-2.0
// What the files of Ledger share. Private to them.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "fleet/ledger/ledger.h"
#include "fleet/ledger/sqlite.h"

namespace segfleet {

struct Ledger::State {
  explicit State(Database opened) : database(std::move(opened)) {}

  struct Recorded {
    RecordedOutcome recorded;
    std::chrono::system_clock::time_point time;
  };

  Database database;  // first: the statements must go before it
  std::optional<Statement> update_item;
  std::optional<Statement> insert_worker;
  std::optional<Statement> insert_sample;
  std::optional<Statement> insert_change;
  std::vector<Recorded> buffer;
  std::vector<WorkerRecord> workers;
  std::vector<RunSample> samples;
  std::vector<RunChange> changes;
  std::string classes;            // of the row that is written, kept for its memory
  std::int64_t run = 0;           // row of the present run
  std::int64_t run_start_ns = 0;  // its clock's zero, on the steady clock

  Status compile(std::optional<Statement>& into, std::string_view sql);
  Status prepare();
  Status prepare_history();
  void close_statements();
  Status write(const Recorded& entry);
  Status write(const DeviceProgress& device) const;  // how it ended the present run
  Status write(const WorkerRecord& worker);
  Status write(const RunSample& sample);
  Status write(const RunChange& change);
};

}  // namespace segfleet
