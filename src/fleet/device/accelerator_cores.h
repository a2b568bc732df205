// SPDX-License-Identifier: Apache-2.0
// Which cores feed an accelerator. Thread-safety: free function.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace segfleet {

// For each of `names` ("gpu:0", "npu:1") its share of `cores`: those near the device where sysfs tells, else
// all, cut evenly between the named devices that have the same ones. gpu:N is taken for the N-th render node
// below ROOT/sys/class/drm, which only holds where there are as many as GPUs
// were found (`gpus_found`). Never empty.
std::vector<std::vector<int>> cores_of_accelerators(const std::vector<std::string>& names,
                                                    const std::vector<int>& cores, std::size_t gpus_found,
                                                    const std::filesystem::path& root);

}  // namespace segfleet
