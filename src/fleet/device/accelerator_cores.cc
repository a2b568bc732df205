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

// Those of a PCI device's folder in sysfs; empty: the kernel does not tell.
std::vector<int> cores_near(const fs::path& device, const fs::path& root) {
  if (auto cores = parse_core_list(read_kernel_file(device / "local_cpulist").value_or(""), ','))
    return std::move(*cores);
  const auto node = parse_core_list(read_kernel_file(device / "numa_node").value_or(""), ',');  // -1: none
  if (!node) return {};
  const fs::path list = root / ("sys/devices/system/node/node" + std::to_string(node->front())) / "cpulist";
  return parse_core_list(read_kernel_file(list).value_or(""), ',').value_or(std::vector<int>());
}

// The cores near each render node, in the order of their numbers (renderD128, renderD129, ...).
std::vector<std::vector<int>> cores_near_render_nodes(const fs::path& root) {
  std::map<int, std::vector<int>> near;
  std::error_code error;
  for (fs::directory_iterator entry(root / "sys/class/drm", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with("renderD")) continue;
    const auto number = parse_core_list(name.substr(7), ',');
    if (number) near[number->front()] = cores_near(entry->path() / "device", root);
  }
  std::vector<std::vector<int>> result;
  for (auto& [number, cores] : near) result.push_back(std::move(cores));
  return result;
}

// Of NVIDIA's cards in the order of their PCI addresses, which is the one that workers are given. Servers
// often have no render nodes for them, or others beside them, such as the console's.
std::vector<std::vector<int>> cores_near_nvidia_cards(const fs::path& root) {
  std::vector<std::string> addresses;
  std::error_code error;
  for (fs::directory_iterator entry(root / "proc/driver/nvidia/gpus", error), end; !error && entry != end;
       entry.increment(error))
    addresses.push_back(entry->path().filename().string());
  std::ranges::sort(addresses);
  std::vector<std::vector<int>> result;
  for (const std::string& address : addresses)
    result.push_back(cores_near(root / "sys/bus/pci/devices" / address, root));
  return result;
}

std::vector<std::vector<int>> cores_near_gpus(std::size_t gpus_found, const fs::path& root) {
  std::vector<std::vector<int>> near = cores_near_nvidia_cards(root);
  return near.size() == gpus_found ? near : cores_near_render_nodes(root);
}

}  // namespace

std::vector<std::vector<int>> cores_of_accelerators(const std::vector<std::string>& names,
                                                    const std::vector<int>& cores, std::size_t gpus_found,
                                                    const fs::path& root) {
  const std::vector<std::vector<int>> near_gpus = cores_near_gpus(gpus_found, root);
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
