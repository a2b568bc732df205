// SPDX-License-Identifier: Apache-2.0
// A run as a trace: a process for each worker, a track for each of its stages, as many as ran at once; the
// workers' samples as counters. Constant memory. Thread-safety: a free function without shared state.
#pragma once
#include <filesystem>

#include "fleet/ledger/ledger_reader.h"

namespace segfleet {

// Replaces `path`, at the end and whole. Errors: invalid_argument where the ledger kept no times of the run's
// items; as StreamedFile and LedgerReader.
Status write_trace(const LedgerReader& ledger, std::int64_t run, const std::filesystem::path& path);

}  // namespace segfleet
