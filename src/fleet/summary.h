// SPDX-License-Identifier: Apache-2.0
// summary.json: what a run did, for people and programs. docs/ledger.md explains every field.
#pragma once
#include <optional>
#include <string>

#include "fleet/run_statistics.h"
#include "fleet/use_engine.h"
#include "io/sink/output_layout.h"
#include "segfleet/model.h"
#include "segfleet/run.h"

namespace segfleet {

struct SummaryFacts {
  const RunOptions& options;
  const ModelPackage& model;
  const EngineUse& use;
  const RunSummary& summary;
  const RunStatistics& statistics;
  std::string engine_version;  // empty: no worker was ready
  std::optional<Error> error;  // that ended the run
};

// What it was told, as JSON text; also kept in the ledger's runs table.
std::string options_json(const RunOptions& options);

// Appears whole or not at all. Errors: no_space, permission_denied, io_error.
Status write_summary(const SummaryFacts& facts, const OutputLayout& layout);

}  // namespace segfleet
