// SPDX-License-Identifier: Apache-2.0
// How a worker process is started for an engine: segfleet-worker, or a Python interpreter that hosts it.
// Thread-safety: plain data, free functions.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

struct WorkerCommand {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // before the worker's own
};

// Where the two kinds of worker are; empty: where they usually are.
struct WorkerPrograms {
  std::filesystem::path native;  // segfleet-worker beside the running program, else in ../bin of its library
  std::filesystem::path python;  // $SEGFLEET_PYTHON, else python3 of $PATH; it must have the package segfleet
};

// `PYTHON -m MODULE`, with the interpreter of WorkerPrograms::python. Errors: as below.
Result<WorkerCommand> find_python_module(const std::string& module, const std::filesystem::path& python);

// Errors: not_found, permission_denied, naming where it looked and the option that names another.
Result<WorkerCommand> find_worker_command(const std::string& engine, const WorkerPrograms& given);

}  // namespace segfleet
