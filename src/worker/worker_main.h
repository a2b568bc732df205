// SPDX-License-Identifier: Apache-2.0
// The worker's command line, for whoever hosts it: segfleet-worker itself, or a Python interpreter
// (python/bindings/). Thread-safety: once in a process, on its main thread.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

// Gives an engine's factory, which lives as long as the process. Errors: engine_unavailable,
// invalid_argument.
using OpenEngine = std::function<Result<const EngineFactory*>(const std::string& name)>;

struct WorkerHost {
  OpenEngine open_engine;
  // Where libraries of NVIDIA's may lie beside those that the loader finds: a Python's packages.
  std::vector<std::filesystem::path> library_folders{};
};

// Serves a coordinator (--socket-fd N), or describes an engine or a model as JSON. Takes the whole process:
// signals, standard output, and its end. Returns the exit status.
int worker_main(int argc, const char* const* argv, const WorkerHost& host);

}  // namespace segfleet
