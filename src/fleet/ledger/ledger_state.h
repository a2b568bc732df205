// SPDX-License-Identifier: Apache-2.0
// What ledger.cc, ledger_record.cc and ledger_reconcile.cc share. Private to them.
#pragma once
#include <chrono>
#include <optional>
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
  std::optional<Statement> forget_pixels;
  std::optional<Statement> insert_pixels;
  std::vector<Recorded> buffer;
  std::int64_t run = 0;  // row of the present run

  Status prepare();
  Status write(const Recorded& entry);
  Status write(const DeviceProgress& device) const;  // how it ended the present run
};

}  // namespace segfleet
