// SPDX-License-Identifier: Apache-2.0
// What is said of simulated devices by --engine-option sim:7.KEY=VALUE. Thread-safety: a free function.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "fleet/device/device.h"

namespace segfleet {

// A note for each option of which a device, or all, are not among `devices`. What cannot be read is left to
// the engine, which refuses it.
std::vector<std::string> options_without_device(const std::map<std::string, std::string>& engine_options,
                                                const std::vector<Device>& devices);

}  // namespace segfleet
