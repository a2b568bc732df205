// SPDX-License-Identifier: Apache-2.0
// What was renamed into a folder, or made in it, is durable once the folder is fsynced. Thread-safety: free
// function without shared state; blocks.
#pragma once
#include <string>
#include <vector>

namespace segfleet {

// All at once. For each folder 0, or the errno of its open or fsync.
std::vector<int> fsync_folders(const std::vector<std::string>& folders);

}  // namespace segfleet
