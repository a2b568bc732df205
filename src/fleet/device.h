// SPDX-License-Identifier: Apache-2.0
// --devices, parsed and checked against this machine.
#pragma once
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

struct Device {
  std::string name;           // "cpu:0-1", "gpu:0", "sim:3": unique in a run, stored in the ledger
  std::string engine_device;  // what EngineOptions::device gets: "cpu", "gpu:0", "sim:3"
  std::vector<int> cores;     // the worker is bound to these; for a GPU the cores that feed it
};

// The cores that this process may use: affinity, cut to the cgroup's CPU quota.
std::vector<int> allowed_cores();

// `found`: what the engines report (empty is fine). "auto": every accelerator found, else the CPU split as it
// is fastest for throughput. Errors: device_unknown, naming the devices that exist; invalid_argument for bad
// syntax.
Result<std::vector<Device>> parse_devices(const std::string& spec, const std::vector<int>& cores,
                                          const std::vector<EngineDevice>& found);

}  // namespace segfleet
