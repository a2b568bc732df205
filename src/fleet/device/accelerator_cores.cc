// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/accelerator_cores.h"

#include <algorithm>
#include <map>

#include "base/kernel_file.h"
#include "fleet/device/core_list.h"
#include "fleet/device/cpu_topology.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

// The cores near each render node, in the order of their numbers (renderD128, renderD129, ...).
std::vector<std::vector<int>> cores_near_gpus(const fs::path& folder) {
  std::map<int, std::vector<int>> near;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with("renderD")) continue;
    const auto number = parse_core_list(name.substr(7), ',');
    if (!number) continue;
    auto cores = parse_core_list(read_kernel_file(entry->path() / "device/local_cpulist").value_or(""), ',');
    near[number->front()] = cores ? std::move(*cores) : std::vector<int>();
  }
  std::vector<std::vector<int>> result;
  for (auto& [number, cores] : near) result.push_back(std::move(cores));
  return result;
}

}  // namespace

std::vector<std::vector<int>> cores_of_accelerators(const std::vector<std::string>& names,
                                                    const std::vector<int>& cores, std::size_t gpus_found,
                                                    const fs::path& root) {
  const std::vector<std::vector<int>> near_gpus = cores_near_gpus(root / "sys/class/drm");
  std::map<std::vector<int>, std::vector<std::size_t>> sharers;  // of the same cores: index into names
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<int> near;
    if (names[i].starts_with("gpu:") && near_gpus.size() == gpus_found) {
      const auto number = parse_core_list(names[i].substr(4), ',');
      if (number && static_cast<std::size_t>(number->front()) < near_gpus.size()) {
        for (const int core : near_gpus[static_cast<std::size_t>(number->front())])
          if (std::binary_search(cores.begin(), cores.end(), core)) near.push_back(core);
      }
    }
    sharers[near.empty() ? cores : near].push_back(i);
  }
  std::vector<std::vector<int>> result(names.size());
  for (const auto& [shared, devices] : sharers) {
    const bool enough = shared.size() >= devices.size();
    const auto parts = enough ? CpuTopology(shared, root).split(devices.size())
                              : std::vector<std::vector<int>>(devices.size(), shared);
    for (std::size_t i = 0; i < devices.size(); ++i) result[devices[i]] = parts[i];
  }
  return result;
}

}  // namespace segfleet
