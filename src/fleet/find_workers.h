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

}  // namespace segfleet
