// SPDX-License-Identifier: Apache-2.0
// From a ledger to the figures of one run. Thread-safety: free functions without shared state.
#pragma once
#include <optional>

#include "report/facts/run_facts.h"

namespace segfleet {

// The run with that number, or the latest. Errors: not_found where there is no such run; as LedgerReader.
Result<RunRecord> find_run(const LedgerReader& ledger, std::optional<std::int64_t> number);
Result<RunFacts> collect_facts(const LedgerReader& ledger, const RunRecord& run);

// Fills limit and advice from the rest. `cpu_has_bf16`: of the machine that ran it (fleet/device/cpu_bf16.h).
void judge_limit(RunFacts& facts, bool cpu_has_bf16);

}  // namespace segfleet
