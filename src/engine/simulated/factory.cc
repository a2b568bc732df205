// SPDX-License-Identifier: Apache-2.0
// libsegfleet_engine_simulated.so: the one symbol that it exports.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "engine/simulated/simulated_engine.h"

namespace segfleet {
namespace {

// Any number of devices: sim:0, sim:1, ...
bool is_simulated_device(std::string_view device) {
  if (device == "cpu") return true;
  if (!device.starts_with("sim:") || device.size() == 4) return false;
  return std::ranges::all_of(device.substr(4), [](char c) { return c >= '0' && c <= '9'; });
}

class SimulatedFactory : public EngineFactory {
 public:
  std::string version() const override { return "1"; }
  Result<std::vector<EngineDevice>> devices() const override { return std::vector<EngineDevice>{}; }

  Result<std::unique_ptr<Engine>> load(const ModelPackage& model,
                                       const EngineOptions& options) const override {
    if (!is_simulated_device(options.device))
      return Error{ErrorCode::device_unknown,
                   fmt::format("the simulated engine has no device '{}'; it has: cpu, sim:0, sim:1, ...",
                               options.device)};
    if (options.lanes < 1 || options.batch < 1)
      return Error{ErrorCode::invalid_argument,
                   fmt::format("lanes ({}) and batch ({}) must be at least 1", options.lanes, options.batch)};
    auto simulated = parse_simulated_options(options.extra, model.output_op, options.device);
    if (!simulated.ok()) return simulated.error();
    simulated->scores = simulated->scores || options.scores;
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(simulated->load_ms));
    if (simulated->crash_at_load) std::abort();
    if (simulated->fail_at_load) return Error{ErrorCode::engine_error, "simulated failure at load"};
    auto memory = std::make_unique<SimulatedMemory>(simulated->memory, options.lanes);
    SEGFLEET_RETURN_IF_ERROR(memory->take_model());
    return std::unique_ptr<Engine>(new SimulatedEngine(std::move(*simulated), options, std::move(memory)));
  }
};

}  // namespace
}  // namespace segfleet

extern "C" __attribute__((visibility("default"))) const segfleet::EngineFactory*
segfleet_engine_factory_v1() {
  static const segfleet::SimulatedFactory factory;
  return &factory;
}
