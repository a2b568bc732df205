// SPDX-License-Identifier: Apache-2.0
// `segfleet report`: from an output folder's ledger to a page for people and a trace. Reads only; a run may
// be busy in the folder meanwhile. Thread-safety: a free function without shared state.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "report/facts/run_facts.h"

namespace segfleet {

struct ReportOptions {
  std::filesystem::path output;     // of `segfleet run`
  std::optional<std::int64_t> run;  // nothing: the latest
  std::filesystem::path html;       // empty: report.html in `output`
  std::filesystem::path trace;      // empty: none
};

struct Report {
  RunFacts facts;
  std::filesystem::path html;
  std::filesystem::path trace;
};

// The files appear whole or not at all. Errors: not_found (no ledger, no such run), invalid_argument (a
// target that is no regular file, a trace of a run without times), ledger_error, permission_denied, no_space,
// io_error.
Result<Report> write_report(const ReportOptions& options);

}  // namespace segfleet
