// SPDX-License-Identifier: Apache-2.0
#include "fleet/loop/worker_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "engine/python_engines.h"
#include "fleet/device/visible_device.h"
#include "fleet/process/process.h"

namespace segfleet {
namespace {

constexpr int kMaxLanes = 8;  // streams share memory bandwidth: more only cost memory
// One computes while the other copies. Paddle runs one call at a time, OpenVINO overlaps by itself. Not where
// calls take several pictures: on an H100 two lanes with calls of several sizes were ten times slower than
// with single pictures.
constexpr int kOnnxRuntimeCardLanes = 2;
// Where batches grow. A CPU gains little, and OpenVINO compiles the graph for each size.
constexpr int kLargestGrownBatch = 32;
constexpr int kLargestGrownBatchOnCpu = 8;

bool on_cpu(const Device& device) {
  return device.engine_device == "cpu";
}

bool is_card(const Device& device) {
  return device.engine_device.starts_with("gpu:");
}

// Nor with the two options for which ONNX Runtime runs one call at a time.
bool overlaps(const ComputeOptions& options) {
  return options.batch == 1 && std::ranges::none_of(options.engine_options, [](const auto& option) {
           return (option.first == "tensorrt" || option.first == "cuda_graph") && option.second == "1";
         });
}

// A simulated device computes next to nothing: its worker is light, so that many fit on few cores.
bool is_simulated(const Device& device) {
  return device.engine_device.starts_with("sim:");
}

std::vector<int> cores_of_worker(const Device& device, std::size_t worker, std::size_t workers) {
  if (is_simulated(device)) return {};
  const std::vector<int>& cores = device.cores;
  if (cores.size() < workers) return cores;
  const auto begin = static_cast<std::ptrdiff_t>(cores.size() * worker / workers);
  const auto end = static_cast<std::ptrdiff_t>(cores.size() * (worker + 1) / workers);
  return {cores.begin() + begin, cores.begin() + end};
}

// Simulated devices are bound to no cores: their workers share out those that they may run on.
int helper_limit_of_simulated(const Device& device, const std::vector<Device>& devices, int workers) {
  const std::int64_t sharers = std::ranges::count_if(devices, is_simulated) * workers;
  return static_cast<int>(std::max<std::int64_t>(1, std::ssize(device.cores) / sharers));
}

Setup setup_for(const ComputeOptions& options, const ModelPackage& model, const Device& device, int cores,
                bool in_order) {
  Setup setup;
  setup.model = model.config_path.string();  // a folder may hold several
  setup.engine = options.engine;
  setup.engine_options.device = device.engine_device;
  setup.engine_options.threads = options.threads > 0 ? options.threads : cores;
  setup.engine_options.lanes = 1;
  if (options.lanes > 0)
    setup.engine_options.lanes = options.lanes;
  else if (on_cpu(device) && !in_order)
    setup.engine_options.lanes = std::clamp(cores, 1, kMaxLanes);
  else if (options.engine == "onnxruntime" && is_card(device) && !in_order && overlaps(options))
    setup.engine_options.lanes = kOnnxRuntimeCardLanes;
  setup.engine_options.batch = options.batch;
  if (options.batch == kAutoBatch)
    setup.engine_options.batch = on_cpu(device) ? kLargestGrownBatchOnCpu : kLargestGrownBatch;
  setup.engine_options.precision = options.precision;
  // Other exports give their scores as they are.
  setup.engine_options.scores = options.restore == RestoreFrom::logits && model.output_op == OutputOp::argmax;
  setup.engine_options.cache_folder = cache_folder_of(options);
  setup.engine_options.extra = options.engine_options;
  setup.min_confidence = options.min_confidence;
  setup.unknown_class = options.unknown_class;
  setup.threshold = options.threshold.value_or(0);
  setup.multi_label = options.multi_label;
  setup.output_size = options.output_size;
  setup.argmax_first = options.argmax_first;
  setup.fast_decode = options.fast_decode;
  setup.decode = options.decode;
  setup.sticky_resize_by_short = in_order;
  setup.limits = options.limits;
  setup.helper_threads = in_order ? 1 : std::max(1, cores / 2);
  setup.helper_threads_limit = in_order ? 1 : cores;
  return setup;
}

MemoryPlan memory_for(const ComputeOptions& options, const Device& device,
                      const std::vector<Device>& devices) {
  MemoryPlan memory;
  if (options.memory_limit) {
    memory.limit_bytes = options.memory_limit->bytes;
    memory.limit_share = options.memory_limit->share;
  }
  memory.reserve_bytes = options.memory_reserve.bytes;
  memory.reserve_share = options.memory_reserve.share;
  memory.workers = options.workers_per_device;
  const auto sharing = on_cpu(device) ? std::ranges::count_if(devices, on_cpu) : 1;
  memory.sharers = options.workers_per_device * static_cast<int>(sharing);
  memory.grow_batch = options.batch == kAutoBatch;
  return memory;
}

// OpenVINO's cards are Intel's.
Status check_decode(const ComputeOptions& options, const Device& device) {
  if (options.decode != Decoder::nvjpeg || (is_card(device) && is_python_engine(options.engine))) return {};
  return Error{ErrorCode::invalid_argument,
               fmt::format("--decode nvjpeg decodes on NVIDIA cards, and {} of engine {} is none: name cards "
                           "alone, such as --engine onnxruntime --devices gpu:0, or use --decode cpu",
                           device.name, options.engine)};
}

bool shares_host_memory(const WorkerPlan& plan, const WorkerSlot& slot, const TakesPart& takes_part) {
  return on_cpu(plan.devices[slot.device]) && takes_part(slot.device);
}

}  // namespace

void share_host_memory(WorkerPlan& plan, const TakesPart& takes_part) {
  const auto shares = [&](const WorkerSlot& slot) { return shares_host_memory(plan, slot, takes_part); };
  const auto sharers = static_cast<int>(std::ranges::count_if(plan.slots, shares));
  for (WorkerSlot& slot : plan.slots)
    if (shares(slot)) slot.setup.memory.sharers = sharers;
}

Status check_memory_share(const WorkerPlan& plan, const TakesPart& takes_part, const Device& added) {
  if (!on_cpu(added)) return {};
  const auto divided = std::ranges::find_if(plan.slots, [&](const WorkerSlot& slot) {
    return shares_host_memory(plan, slot, takes_part) && slot.setup.memory.limit_share > 0;
  });
  if (divided == plan.slots.end()) return {};
  const MemoryPlan& memory = divided->setup.memory;
  return Error{
      ErrorCode::invalid_argument,
      fmt::format(
          "cannot add {}: --memory-limit {:g}% is divided already among the workers on CPU devices ({}); "
          "stop the run and begin it again with {} in --devices, or with a limit in bytes, which is of "
          "each device",
          added.name, memory.limit_share * 100, memory.sharers, added.name)};
}

std::filesystem::path cache_folder_of(const ComputeOptions& options) {
  if (!options.cache_folder.empty()) return options.cache_folder;
  // Read before any thread starts; nothing in this program changes the environment.
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::filesystem::path(cache) / "segfleet";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".cache" / "segfleet";
  return {};
}

Result<WorkerPlan> plan_workers(const ComputeOptions& options, const ModelPackage& model,
                                std::vector<Device> devices, bool in_order) {
  WorkerPlan plan;
  std::error_code no_folder;
  plan.folder = std::filesystem::current_path(no_folder);
  plan.environment = current_environment();
  const auto workers = static_cast<std::size_t>(options.workers_per_device);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const Device& device = devices[i];
    SEGFLEET_RETURN_IF_ERROR(check_decode(options, device));
    for (std::size_t worker = 0; worker < workers; ++worker) {
      WorkerSlot slot;
      slot.device = static_cast<std::uint32_t>(i);
      slot.cores = cores_of_worker(device, worker, workers);
      slot.setup =
          setup_for(options, model, device, std::max(1, static_cast<int>(slot.cores.size())), in_order);
      if (is_simulated(device) && !in_order)
        slot.setup.helper_threads_limit =
            helper_limit_of_simulated(device, devices, options.workers_per_device);
      slot.setup.memory = memory_for(options, device, devices);
      if (is_python_engine(options.engine)) {
        Result<std::vector<std::string>> environment =
            visible_device(device.engine_device, [](const char* name) { return std::getenv(name); });
        SEGFLEET_RETURN_IF_ERROR(environment);
        slot.environment = std::move(environment).value();
      }
      plan.slots.push_back(std::move(slot));
    }
  }
  if (in_order && plan.slots.size() != 1)
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("--sticky-resize-by-short depends on the order of the pictures and needs one worker, but "
                    "--devices {} gives {}: name one device, such as --devices cpu",
                    options.devices, plan.slots.size())};
  plan.devices = std::move(devices);
  return plan;
}

}  // namespace segfleet
