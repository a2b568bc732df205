// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/accelerator_cores.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/kernel_file.h"
#include "fleet/device/core_list.h"
#include "fleet/device/cpu_topology.h"
#include "fleet/device/visible_device.h"

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

struct NvidiaCard {
  std::string address;
  std::string uuid;  // "GPU-..."; empty: the driver does not tell
};

// In the order of their PCI addresses, which is the one that workers are given. Servers often have no render
// nodes for them, or others beside them, such as the console's.
std::vector<NvidiaCard> nvidia_cards(const fs::path& root) {
  std::vector<NvidiaCard> cards;
  std::error_code error;
  for (fs::directory_iterator entry(root / "proc/driver/nvidia/gpus", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string text = read_kernel_file(entry->path() / "information").value_or("");
    const std::size_t uuid = std::min(text.find("GPU-"), text.size());
    cards.push_back(
        {entry->path().filename().string(), text.substr(uuid, text.find_first_of(" \t\n", uuid) - uuid)});
  }
  std::ranges::sort(cards, {}, &NvidiaCard::address);
  return cards;
}

// Near each GPU of this process. `cuda_cards`: what each is to CUDA, as visible_cuda_card() says it.
class CoresNearGpus {
 public:
  CoresNearGpus(std::size_t gpus_found, bool list_is_set, const fs::path& root)
      : root_(root), cards_(nvidia_cards(root)), near_render_nodes_(cores_near_render_nodes(root)) {
    // Without a list of what is visible, cards that are not all found are not known by their numbers.
    if (!list_is_set && cards_.size() != gpus_found) cards_.clear();
    if (near_render_nodes_.size() != gpus_found) near_render_nodes_.clear();
  }

  // Empty: not known.
  std::vector<int> of(std::size_t number, const std::string& cuda_card) const {
    if (cards_.empty())
      return number < near_render_nodes_.size() ? near_render_nodes_[number] : std::vector<int>();
    auto card = cards_.end();
    if (cuda_card.starts_with("GPU-"))
      card = std::ranges::find_if(cards_, [&](const NvidiaCard& c) { return c.uuid.starts_with(cuda_card); });
    else if (const auto index = parse_core_list(cuda_card, ',');
             index && static_cast<std::size_t>(index->front()) < cards_.size())
      card = cards_.begin() + index->front();
    return card == cards_.end() ? std::vector<int>()
                                : cores_near(root_ / "sys/bus/pci/devices" / card->address, root_);
  }

 private:
  const fs::path& root_;
  std::vector<NvidiaCard> cards_;
  std::vector<std::vector<int>> near_render_nodes_;
};

}  // namespace

std::vector<std::vector<int>> cores_of_accelerators(const std::vector<std::string>& names,
                                                    const std::vector<int>& cores, std::size_t gpus_found,
                                                    const fs::path& root) {
  const auto variable = [](const char* name) { return std::getenv(name); };
  const CoresNearGpus near_gpus(gpus_found, variable("CUDA_VISIBLE_DEVICES") != nullptr, root);
  std::map<std::vector<int>, std::vector<std::size_t>> sharers;  // of the same cores: index into names
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<int> near;
    const auto number = parse_core_list(names[i].starts_with("gpu:") ? names[i].substr(4) : "", ',');
    const auto lines = visible_device(names[i], variable);
    if (number && lines.ok())
      for (const int core :
           near_gpus.of(static_cast<std::size_t>(number->front()), visible_cuda_card(*lines, variable)))
        if (std::ranges::binary_search(cores, core)) near.push_back(core);
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
