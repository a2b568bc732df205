// SPDX-License-Identifier: Apache-2.0
// Where each device's time went, drawn from its workers and their items. Private to collect_facts.cc.
#pragma once
#include <vector>

#include "report/facts/run_facts.h"

namespace segfleet {

// Sets facts.bins.end_us: the last that is known of the run.
Status find_end(const LedgerReader& ledger, const std::vector<WorkerRecord>& workers, RunFacts& facts);

// Fills the devices' and the run's shares, the timeline and the deaths. Requires: facts.bins,
// facts.changes, and a device for each worker's.
Status add_device_time(const LedgerReader& ledger, const std::vector<WorkerRecord>& workers, RunFacts& facts);

}  // namespace segfleet
