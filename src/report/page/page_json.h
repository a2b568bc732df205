// SPDX-License-Identifier: Apache-2.0
// A run's facts as JSON: what the page draws, and what `segfleet report --json` prints. Fields:
// docs/report.md. Thread-safety: free functions without shared state.
#pragma once
#include <nlohmann/json.hpp>

#include "report/facts/run_facts.h"
#include "report/page/thumbnails.h"

namespace segfleet {

nlohmann::ordered_json facts_json(const RunFacts& facts);
nlohmann::ordered_json pictures_json(const Thumbnails& thumbnails);

}  // namespace segfleet
