// SPDX-License-Identifier: Apache-2.0
// The output folder made ready for a run: made, locked, its ledger open and of the same job.
// Thread-safety: one thread.
#pragma once
#include "fleet/ledger/ledger.h"
#include "fleet/output/output_lock.h"
#include "io/sink/output_layout.h"
#include "segfleet/run.h"

namespace segfleet {

struct OutputFolder {
  OutputLayout layout;
  OutputLock lock;  // held until the ledger below is closed
  Ledger ledger;

  // Errors: permission_denied, no_space, io_error, output_locked, ledger_error, resume_mismatch;
  // not_found for --resume without a ledger.
  static Result<OutputFolder> open(const RunOptions& options, const JobIdentity& identity,
                                   RunObserver& observer);
};

}  // namespace segfleet
