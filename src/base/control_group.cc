// SPDX-License-Identifier: Apache-2.0
#include "base/control_group.h"

#include <sstream>
#include <string>

#include "base/kernel_file.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

// From the mount down to `path` below it. In a container the path may be the host's, of which nothing is
// mounted: then the mount is the container's own group.
void add_groups(std::vector<ControlGroup>& groups, const fs::path& mount, const fs::path& path,
                bool version_2) {
  groups.push_back({mount, version_2});
  fs::path folder = mount;
  for (const fs::path& part : path.relative_path()) {
    if (part == "..") return;
    folder /= part;
    groups.push_back({folder, version_2});
  }
}

}  // namespace

std::vector<ControlGroup> control_groups(std::string_view controller, const fs::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::istringstream lines(read_kernel_file(root / "proc/self/cgroup").value_or(""));
  std::vector<ControlGroup> groups;
  for (std::string line; std::getline(lines, line);) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) {
      add_groups(groups, mounts, path, true);
      add_groups(groups, mounts / "unified", path, true);
    } else if (("," + controllers + ",").find("," + std::string(controller) + ",") != std::string::npos) {
      add_groups(groups, mounts / controller, path, false);
      if (controllers != controller) add_groups(groups, mounts / controllers, path, false);
    }
  }
  return groups;
}

}  // namespace segfleet
