// SPDX-License-Identifier: Apache-2.0
#include "tune/engines.h"

#include <algorithm>

#include "engine/python_engines.h"
#include "engine/registry.h"
#include "fleet/process/ask_engine.h"

namespace segfleet {
namespace {

constexpr const char* kNative = "openvino";

// Paddle cannot cut a graph before its ArgMax.
bool cannot_give_scores(const ComputeOptions& options, const ModelPackage& model) {
  return options.restore == RestoreFrom::logits && model.output_op == OutputOp::argmax;
}

bool reads(std::string_view engine, const ComputeOptions& options, const ModelPackage& model) {
  if (engine == kNative) return !model.pir;
  if (engine == "paddle") return model.format == GraphFormat::paddle && !cannot_give_scores(options, model);
  return model.format == GraphFormat::onnx;
}

// Of `engines`, those that are installed: the others are not tried.
Result<std::vector<std::string>> installed(const std::vector<std::string>& engines,
                                           const ComputeOptions& options, int stop_fd) {
  if (engines.empty()) return engines;
  const Result<WorkerCommand> worker =
      find_worker_command(engines.front(), {options.worker_program, options.python});  // of each
  if (!worker.ok()) return std::vector<std::string>();
  std::vector<Status> checked;
  if (is_python_engine(engines.front())) {
    const Result<std::vector<Status>> answer = check_python_engines(*worker, engines, stop_fd);
    checked = answer.ok() ? *answer : std::vector<Status>(engines.size(), answer.error());
  } else {
    for (const std::string& engine : engines) checked.push_back(find_engine(engine, worker->program));
  }
  std::vector<std::string> found;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    if (checked[i].ok())
      found.push_back(engines[i]);
    else if (checked[i].error().code == ErrorCode::interrupted)
      return checked[i].error();
  }
  return found;
}

}  // namespace

Result<std::vector<std::string>> engines_to_try(const ComputeOptions& options, const ModelPackage& model,
                                                const EngineUse& use, int stop_fd) {
  // A converted package stands for the model only under --engine auto.
  std::vector<std::string> engines{use.converted.empty() ? use.engine : "auto"};
  const std::vector<std::string> hosted(python_engines().begin(), python_engines().end());
  for (std::vector<std::string> others : {std::vector<std::string>{kNative}, hosted}) {
    std::erase_if(others, [&](const std::string& engine) {
      return engine == use.engine || !reads(engine, options, model);
    });
    const Result<std::vector<std::string>> there = installed(others, options, stop_fd);
    SEGFLEET_RETURN_IF_ERROR(there);
    engines.insert(engines.end(), there->begin(), there->end());
  }
  return engines;
}

}  // namespace segfleet
