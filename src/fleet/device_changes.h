// SPDX-License-Identifier: Apache-2.0
// Which devices `segfleet ctl OUTPUT add` and `remove` mean on a live run. Thread-safety: free functions
// without shared state.
#pragma once
#include <string>
#include <vector>

#include "fleet/device/device.h"

namespace segfleet {

// A device of the run that has a part in it, or still a worker.
struct RunDevice {
  std::uint32_t index = 0;  // into WorkerPlan::devices
  std::string name;
  bool leaving = false;  // removed or lost, its workers finish what they hold
};

// New devices, with cores that none of `present` has, in the order of `spec` (--devices). Errors: those of
// parse_devices(); invalid_argument for one that is present already.
Result<std::vector<Device>> devices_to_add(const std::string& spec, const std::vector<RunDevice>& present,
                                           const std::vector<int>& cores,
                                           const std::vector<EngineDevice>& found);

// Of `present`, those that `spec` names: by its own name, or by kind ("gpu": all of them). Each once. Errors:
// invalid_argument for bad syntax; device_unknown, naming those that could be removed.
Result<std::vector<RunDevice>> devices_to_remove(const std::string& spec,
                                                 const std::vector<RunDevice>& present);

}  // namespace segfleet
