// SPDX-License-Identifier: Apache-2.0
#include "tune/engines.h"

#include <algorithm>

#include "engine/python_engines.h"
#include "engine/registry.h"
#include "fleet/process/ask_engine.h"

namespace segfleet {
namespace {

constexpr const char* kNative = "openvino";

bool reads(std::string_view engine, const ModelPackage& model) {
  if (engine == kNative) return !model.pir;
  if (engine == "paddle") return model.format == GraphFormat::paddle;
  return model.format == GraphFormat::onnx;
}

// Not installed is no error here: it is not tried.
Result<bool> installed(const std::string& engine, const ComputeOptions& options, int stop_fd) {
  const Result<WorkerCommand> worker = find_worker_command(engine, {options.worker_program, options.python});
  if (!worker.ok()) return false;
  if (!is_python_engine(engine)) return find_engine(engine, worker->program).ok();
  const Status checked = check_python_engine(*worker, engine, stop_fd);
  if (!checked.ok() && checked.error().code == ErrorCode::interrupted) return checked.error();
  return checked.ok();
}

}  // namespace

Result<std::vector<std::string>> engines_to_try(const ComputeOptions& options, const ModelPackage& model,
                                                const EngineUse& use, int stop_fd) {
  // A converted package stands for the model only under --engine auto.
  std::vector<std::string> engines{use.converted.empty() ? use.engine : "auto"};
  std::vector<std::string> others{kNative};
  others.insert(others.end(), python_engines().begin(), python_engines().end());
  for (const std::string& engine : others) {
    if (engine == use.engine || !reads(engine, model)) continue;
    const Result<bool> there = installed(engine, options, stop_fd);
    SEGFLEET_RETURN_IF_ERROR(there);
    if (*there) engines.push_back(engine);
  }
  return engines;
}

}  // namespace segfleet
