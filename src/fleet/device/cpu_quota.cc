// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/cpu_quota.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string>

#include "fleet/device/kernel_file.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
using Quota = std::optional<double>;

Quota smaller(const Quota& a, const Quota& b) {
  return a && b ? std::min(*a, *b) : (a ? a : b);
}

Quota quotient(const std::string& quota_us, const std::string& period_us) {
  std::istringstream quota(quota_us);
  std::istringstream period(period_us);
  double q = 0;
  double p = 0;
  if (!(quota >> q) || !(period >> p) || q <= 0 || p <= 0) return std::nullopt;  // "max" and -1: no limit
  return q / p;
}

Quota version_2(const fs::path& group) {
  std::istringstream words(read_kernel_file(group / "cpu.max").value_or(""));
  std::string quota;
  std::string period;
  words >> quota >> period;
  return quotient(quota, period);
}

Quota version_1(const fs::path& group) {
  return quotient(read_kernel_file(group / "cpu.cfs_quota_us").value_or(""),
                  read_kernel_file(group / "cpu.cfs_period_us").value_or(""));
}

// The smallest quota from `path` below `mount` up to the mount itself. In a container the path may be the
// host's, of which nothing is mounted: then the mount is the container's own group.
Quota smallest_upwards(const fs::path& mount, const fs::path& path,
                       const std::function<Quota(const fs::path&)>& read) {
  Quota smallest = read(mount);
  fs::path group = mount;
  for (const fs::path& part : path.relative_path()) {
    if (part == "..") return smallest;
    group /= part;
    smallest = smaller(smallest, read(group));
  }
  return smallest;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::istringstream lines(read_kernel_file(root / "proc/self/cgroup").value_or(""));
  Quota smallest;
  for (std::string line; std::getline(lines, line);) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) {
      smallest = smaller(smallest, smallest_upwards(mounts, path, version_2));
      smallest = smaller(smallest, smallest_upwards(mounts / "unified", path, version_2));
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      smallest = smaller(smallest, smallest_upwards(mounts / "cpu", path, version_1));
      smallest = smaller(smallest, smallest_upwards(mounts / controllers, path, version_1));
    }
  }
  return smallest;
}

}  // namespace segfleet
