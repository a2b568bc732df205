// SPDX-License-Identifier: Apache-2.0
// Paddle graphs to ONNX packages, by `PYTHON -m segfleet.convert` (python/segfleet/convert.py) in a child
// process. Thread-safety: free functions; the child dies with the calling thread.
#pragma once
#include <filesystem>

#include "fleet/process/worker_command.h"
#include "segfleet/error.h"

namespace segfleet {

// `python`: as WorkerPrograms::python. Errors: those of find_python_module() and package_fault().
Result<WorkerCommand> find_converter(const std::filesystem::path& python);

// The folder of the conversion that the user's cache holds, or an empty path where convert_model() could make
// it. Imports neither Paddle nor paddle2onnx. Errors: package_fault(); engine_unavailable with the pip line
// where other packages are missing; interrupted.
Result<std::filesystem::path> find_converted(const WorkerCommand& converter,
                                             const std::filesystem::path& model, int stop_fd);

// Converts, which takes from seconds to minutes and has no time limit, or finds what was converted before.
// Gives the ONNX package's folder. Errors: what the converter says (model_unsupported, no_space, ...);
// interrupted.
Result<std::filesystem::path> convert_model(const WorkerCommand& converter,
                                            const std::filesystem::path& model, int stop_fd);

}  // namespace segfleet
