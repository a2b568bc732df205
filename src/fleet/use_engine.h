// SPDX-License-Identifier: Apache-2.0
// Which engine runs a job: the one that the user named, or, for "auto", the one that choose_engine() finds
// best for model, devices and what is installed; and the package that it reads. Thread-safety: a free
// function.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/model.h"
#include "segfleet/options.h"

namespace segfleet {

struct EngineUse {
  std::string engine;
  std::string reason;               // one sentence, with what was passed over; empty: nothing was chosen
  std::filesystem::path converted;  // the ONNX package that stands for the model's; empty: none needed
  std::optional<std::vector<EngineDevice>> devices;  // the engine's own, where it was asked
};

using TellNote = std::function<void(const std::string&)>;

// Looks at as little as the answer needs: on a machine without accelerators, a graph that OpenVINO reads
// starts no process. Where the choice asks for a conversion, makes it (or finds it in the cache), after
// saying so by `tell`, which also gets the reason. An installed engine that cannot be asked for its devices
// is passed over, and the reason or the error says why. Where the graph cannot be converted, Paddle runs it
// if it can be had, and the reason says so. `root`: of the machine's device files. Errors: those
// of choose_engine(), parse_device_spec(), find_worker_command() and convert_model(); invalid_argument where
// simulated devices stand beside others; interrupted where `stop_fd` became readable.
Result<EngineUse> use_engine(const ComputeOptions& options, const ModelPackage& model, int stop_fd,
                             const TellNote& tell, const std::filesystem::path& root = "/");

}  // namespace segfleet
