// SPDX-License-Identifier: Apache-2.0
// Progress as JSON, for `--json` events and for `segfleet ctl`: docs/json_events.md. Thread-safety: free
// functions.
#pragma once
#include <nlohmann/json.hpp>

#include "segfleet/run.h"

namespace segfleet {

nlohmann::ordered_json progress_as_json(const Progress& progress);
// What is missing or of another type stays as Progress has it from the start. Never throws.
Progress progress_from_json(const nlohmann::ordered_json& json);

}  // namespace segfleet
