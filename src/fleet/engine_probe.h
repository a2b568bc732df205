// SPDX-License-Identifier: Apache-2.0
// Which accelerators an engine can drive, asked of a child process: the coordinator opens no engine.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

// Runs `WORKER --describe-engine NAME`, which prints {"version": text, "devices": [{"name", "description"}]}.
// Errors: engine_unavailable, with how the child ended, or that it gives no answer within 30 s.
Result<std::vector<EngineDevice>> probe_engine(const std::filesystem::path& worker_program,
                                               const std::string& engine);

// Whether to ask: the devices wanted may be accelerators and this machine has device files of some. So a
// machine that has only CPUs pays nothing.
bool accelerators_wanted(const std::string& devices);

}  // namespace segfleet
