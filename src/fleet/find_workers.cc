// SPDX-License-Identifier: Apache-2.0
#include "fleet/find_workers.h"

#include "engine/python_engines.h"
#include "engine/registry.h"
#include "fleet/device/device.h"
#include "fleet/device/device_files.h"
#include "fleet/process/ask_engine.h"

namespace segfleet {

Result<WorkerPlan> find_workers(const ComputeOptions& options, const ModelPackage& model, bool in_order,
                                int stop_fd) {
  const Result<WorkerCommand> worker =
      find_worker_command(options.engine, {options.worker_program, options.python});
  SEGFLEET_RETURN_IF_ERROR(worker);
  SEGFLEET_RETURN_IF_ERROR(is_python_engine(options.engine)
                               ? check_python_engine(*worker, options.engine, stop_fd)
                               : find_engine(options.engine, worker->program));
  std::vector<EngineDevice> found;
  if (accelerators_wanted(options.devices)) {
    Result<EngineDescription> described = ask_engine(*worker, options.engine, stop_fd);
    SEGFLEET_RETURN_IF_ERROR(described);
    found = std::move(described->devices);
  }
  Result<std::vector<Device>> devices = parse_devices(options.devices, allowed_cores(), found);
  SEGFLEET_RETURN_IF_ERROR(devices);
  Result<WorkerPlan> plan = plan_workers(options, model, std::move(devices).value(), in_order);
  SEGFLEET_RETURN_IF_ERROR(plan);
  plan->worker = *worker;
  return plan;
}

}  // namespace segfleet
