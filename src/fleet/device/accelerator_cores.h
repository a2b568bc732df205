// SPDX-License-Identifier: Apache-2.0
// Which cores feed an accelerator. Thread-safety: free function.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace segfleet {

// For each of `names` ("gpu:0", "npu:1") its share of `cores`: those near the device where the kernel tells
// (its PCI device's local_cpulist, else its NUMA node's cores), else all, cut evenly between the named
// devices that have the same ones. gpu:N is NVIDIA's card of the N-th entry of CUDA_VISIBLE_DEVICES, or where
// that is not set the N-th by PCI address, if their driver knows as many as GPUs were found (`gpus_found`);
// else the N-th render node where there are as many. Never empty. Reads the environment.
std::vector<std::vector<int>> cores_of_accelerators(const std::vector<std::string>& names,
                                                    const std::vector<int>& cores, std::size_t gpus_found,
                                                    const std::filesystem::path& root);

}  // namespace segfleet
