// SPDX-License-Identifier: Apache-2.0
// The cgroups that bound this process, as containers set them. Thread-safety: free functions.
#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

namespace segfleet {

struct ControlGroup {
  std::filesystem::path folder;
  bool version_2 = false;
};

// This process's group for a controller ("cpu", "memory") and all above it, as far as ROOT/sys/fs/cgroup
// shows them; version 1 and 2 side by side on hybrid systems. Reads ROOT/proc/self/cgroup.
std::vector<ControlGroup> control_groups(std::string_view controller,
                                         const std::filesystem::path& root = "/");

}  // namespace segfleet
