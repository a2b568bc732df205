// SPDX-License-Identifier: Apache-2.0
// What an engine says of itself and of a model, asked of a child process: the asking program opens no engine.
// Thread-safety: free functions; the child dies with the calling thread.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/describe.h"
#include "fleet/process/worker_command.h"
#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

// Runs `WORKER --describe-engine NAME`. Errors: what the engine says; engine_unavailable with how the child
// ended, or that it gives no answer within 30 s; interrupted where `stop_fd` became readable meanwhile.
Result<EngineDescription> ask_engine(const WorkerCommand& worker, const std::string& engine,
                                     int stop_fd = -1);

// Runs `WORKER --describe-model FOLDER --engine NAME`: loads the model on the CPU. Errors: as ask_engine(),
// after 10 minutes.
Result<EngineInfo> ask_engine_about_model(const WorkerCommand& worker, const std::string& engine,
                                          const std::filesystem::path& model);

// Runs `PYTHON -m segfleet.worker --check-engine NAME...`, which finds each class's module and what it needs
// without importing them. One status for each of `engines`: engine_unavailable with the line that installs
// what is missing. Errors, of a Python that cannot be asked at all: package_fault(); interrupted.
Result<std::vector<Status>> check_python_engines(const WorkerCommand& worker,
                                                 const std::vector<std::string>& engines, int stop_fd = -1);
// Errors: both kinds.
Status check_python_engine(const WorkerCommand& worker, const std::string& engine, int stop_fd = -1);

}  // namespace segfleet
