// SPDX-License-Identifier: Apache-2.0
// Which workers a run starts, where, and what each is told. Thread-safety: plain data, a pure function.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "fleet/device/device.h"
#include "fleet/process/worker_command.h"
#include "segfleet/model.h"
#include "segfleet/options.h"
#include "transport/messages.h"

namespace segfleet {

struct WorkerSlot {
  std::uint32_t device = 0;              // index into WorkerPlan::devices
  std::vector<int> cores;                // empty: unbound
  std::vector<std::string> environment;  // "NAME=value", beside the plan's
  int arena_fd = -1;                     // inherited where setup.results_in_memory
  Setup setup;
};

struct WorkerPlan {
  WorkerCommand worker;
  // Of every worker, also of those started later: the program may change its own meanwhile.
  std::filesystem::path folder;          // where the user's paths lead from; empty where there is none
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<Device> devices;
  std::vector<WorkerSlot> slots;  // index: the dispatcher's SlotId
};

// Where the options do not say otherwise, a CPU device's engine gets one stream a core, which is fastest for
// throughput, up to 8, and a thread a core; its workers share its cores out among them where there are
// enough. A card that ONNX Runtime drives gets two lanes, other devices one. The workers of simulated devices
// are bound to no core and have as few threads as can be.
// Helper threads begin with half of a worker's cores for each of their two stages, and may become as many as
// its cores.
// `in_order`: results depend on the order of the pictures, so one worker takes one after the other. What
// becomes of the results is the caller's to set: Setup's output fields. Errors: invalid_argument where the
// plan breaks an option's condition, as that of Decoder::nvjpeg; device_unknown (visible_device.h).
Result<WorkerPlan> plan_workers(const ComputeOptions& options, const ModelPackage& model,
                                std::vector<Device> devices, bool in_order);

// Whether the device of that index has a part in the run.
using TakesPart = std::function<bool(std::uint32_t)>;

// CPU devices came or went: the host's memory is shared out anew among those that are there, for workers that
// start from now on. Those that run keep what they have measured, and see what is free when their batch
// grows.
void share_host_memory(WorkerPlan& plan, const TakesPart& takes_part);

// Errors: invalid_argument where workers that run have divided a --memory-limit in % of the host's memory
// among them, of which `added` would need a part.
Status check_memory_share(const WorkerPlan& plan, const TakesPart& takes_part, const Device& added);

// options.cache_folder, else $XDG_CACHE_HOME/segfleet, else ~/.cache/segfleet; empty where there is no home.
std::filesystem::path cache_folder_of(const ComputeOptions& options);

}  // namespace segfleet
