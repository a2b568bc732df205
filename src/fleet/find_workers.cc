// SPDX-License-Identifier: Apache-2.0
#include "fleet/find_workers.h"

#include "engine/python_engines.h"
#include "engine/registry.h"
#include "fleet/device/device.h"
#include "fleet/device/device_files.h"
#include "fleet/process/ask_engine.h"
#include "fleet/simulated_options.h"

namespace segfleet {

Status check_engine(const WorkerCommand& worker, const std::string& engine, int stop_fd) {
  if (is_python_engine(engine)) return check_python_engine(worker, engine, stop_fd);
  return find_engine(engine, worker.program);
}

Result<std::vector<EngineDevice>> find_accelerators(const std::string& devices, const EngineUse& use,
                                                    const WorkerCommand& worker, int stop_fd) {
  if (use.devices) return *use.devices;
  if (!accelerators_wanted(devices)) return std::vector<EngineDevice>();
  Result<EngineDescription> described = ask_engine(worker, use.engine, stop_fd);
  SEGFLEET_RETURN_IF_ERROR(described);
  return std::move(described->devices);
}

Result<WorkerPlan> plan_for(ComputeOptions options, const EngineUse& use, const ModelPackage& model,
                            std::vector<Device> devices, bool in_order) {
  options.engine = use.engine;
  Result<WorkerPlan> plan = plan_workers(options, model, std::move(devices), in_order);
  SEGFLEET_RETURN_IF_ERROR(plan);
  if (!use.converted.empty())
    for (WorkerSlot& slot : plan->slots) slot.setup.model = use.converted.string();
  return plan;
}

Result<Workers> find_workers(ComputeOptions options, const ModelPackage& model, bool in_order, int stop_fd,
                             const TellNote& tell) {
  Result<EngineUse> use = use_engine(options, model, stop_fd, tell);
  SEGFLEET_RETURN_IF_ERROR(use);
  options.engine = use->engine;
  const Result<WorkerCommand> worker =
      find_worker_command(options.engine, {options.worker_program, options.python});
  SEGFLEET_RETURN_IF_ERROR(worker);
  if (use->reason.empty()) SEGFLEET_RETURN_IF_ERROR(check_engine(*worker, options.engine, stop_fd));
  const Result<std::vector<EngineDevice>> found = find_accelerators(options.devices, *use, *worker, stop_fd);
  SEGFLEET_RETURN_IF_ERROR(found);
  Result<std::vector<Device>> devices = parse_devices(options.devices, allowed_cores(), *found);
  SEGFLEET_RETURN_IF_ERROR(devices);
  for (const std::string& note : options_without_device(options.engine_options, *devices)) tell(note);
  Result<WorkerPlan> plan = plan_for(options, *use, model, std::move(devices).value(), in_order);
  SEGFLEET_RETURN_IF_ERROR(plan);
  plan->worker = *worker;
  return Workers{std::move(plan).value(), std::move(use).value()};
}

}  // namespace segfleet
