// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/cpu_quota.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "base/control_group.h"
#include "base/kernel_file.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
using Quota = std::optional<double>;

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

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  Quota smallest;
  for (const ControlGroup& group : control_groups("cpu", root)) {
    const Quota quota = group.version_2 ? version_2(group.folder) : version_1(group.folder);
    if (quota) smallest = std::min(smallest.value_or(*quota), *quota);
  }
  return smallest;
}

}  // namespace segfleet
