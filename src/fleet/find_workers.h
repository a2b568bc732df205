// SPDX-License-Identifier: Apache-2.0
// From options to the workers that serve them: what a run and a fleet have in common before their first
// worker. Thread-safety: a free function.
#pragma once
#include "fleet/loop/worker_plan.h"
#include "segfleet/model.h"
#include "segfleet/options.h"

namespace segfleet {

// Finds the worker's program, checks that the engine is there, lists the devices and plans. `stop_fd`:
// readable where the user wants to stop. Errors: those of find_worker_command(), find_engine(),
// check_python_engine(), ask_engine(), parse_devices() and plan_workers().
Result<WorkerPlan> find_workers(const ComputeOptions& options, const ModelPackage& model, bool in_order,
                                int stop_fd);

}  // namespace segfleet
