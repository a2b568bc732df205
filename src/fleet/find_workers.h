// SPDX-License-Identifier: Apache-2.0
// From options to the workers that serve them: what a run and a fleet have in common before their first
// worker. Thread-safety: a free function.
#pragma once
#include "fleet/loop/worker_plan.h"
#include "fleet/use_engine.h"
#include "segfleet/model.h"
#include "segfleet/options.h"

namespace segfleet {

// The slots of `plan` name the engine and the package that it reads.
struct Workers {
  WorkerPlan plan;
  EngineUse use;
};

// Chooses the engine where that is asked for, finds the worker's program, checks that the engine is there,
// lists the devices and plans. `stop_fd`: readable where the user wants to stop; `tell`: as use_engine().
// Errors: those of use_engine(), find_worker_command(), find_engine(), check_python_engine(), ask_engine(),
// parse_devices() and plan_workers().
Result<Workers> find_workers(ComputeOptions options, const ModelPackage& model, bool in_order, int stop_fd,
                             const TellNote& tell);

// That the engine is installed, in words; starts no engine. Errors: those of find_engine() and
// check_python_engine().
Status check_engine(const WorkerCommand& worker, const std::string& engine, int stop_fd = -1);

// The accelerators that the engine finds, where `devices` may mean some: it is asked in a process of its own.
// Errors: those of ask_engine().
Result<std::vector<EngineDevice>> find_accelerators(const std::string& devices, const EngineUse& use,
                                                    const WorkerCommand& worker, int stop_fd);

// Workers for more devices of a run whose engine is chosen. Errors: those of plan_workers().
Result<WorkerPlan> plan_for(ComputeOptions options, const EngineUse& use, const ModelPackage& model,
                            std::vector<Device> devices, bool in_order);

}  // namespace segfleet
