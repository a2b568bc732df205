// SPDX-License-Identifier: Apache-2.0
// One card for one process, by the environment that its driver's library reads when it starts. Engines that
// are Python classes see the chosen card as their first and only one: no other card gets a context, and none
// of the process's memory. Thread-safety: free function.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

// "NAME=value" lines for a worker on `device` ("cpu", "gpu:1", "npu:0"). `variable` gives this process's own
// value, nullptr where it is not set: where it already names cards (as under Slurm), the number counts among
// those. CUDA's numbers are made those of nvidia-smi. Errors: device_unknown where the list is shorter.
Result<std::vector<std::string>> visible_device(const std::string& device,
                                                const std::function<const char*(const char*)>& variable);

// The card that those lines show to a process, as an entry of CUDA_VISIBLE_DEVICES: a number in the order of
// the PCI bus, or a UUID. Empty: no NVIDIA card, or a number in an order of CUDA's own.
std::string visible_cuda_card(const std::vector<std::string>& lines,
                              const std::function<const char*(const char*)>& variable);

}  // namespace segfleet
