// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/cpu_topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "base/kernel_file.h"
#include "fleet/device/core_list.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostInGroup = 8;

std::map<int, int> node_of_core(const fs::path& folder) {
  std::map<int, int> nodes;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with("node")) continue;
    const auto node = parse_core_list(name.substr(4), ',');
    const auto cores = parse_core_list(read_kernel_file(entry->path() / "cpulist").value_or(""), ',');
    if (!node || !cores) continue;
    for (const int core : *cores) nodes[core] = node->front();
  }
  return nodes;
}

int physical_core(const fs::path& root, int core) {
  const fs::path path =
      root / fmt::format("sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", core);
  const auto siblings = parse_core_list(read_kernel_file(path).value_or(""), ',');
  return siblings ? *std::min_element(siblings->begin(), siblings->end()) : core;
}

// `count` things in `groups` runs as equal as can be: where run `index` begins.
std::size_t begin_of(std::size_t index, std::size_t count, std::size_t groups) {
  return index * count / groups;
}

}  // namespace

CpuTopology::CpuTopology(const std::vector<int>& cores, const fs::path& root) {
  const std::map<int, int> nodes = node_of_core(root / "sys/devices/system/node");
  std::map<int, int> threads;  // seen so far, of a physical core
  for (const int core : cores) {
    const auto node = nodes.find(core);
    const int physical = physical_core(root, core);
    cores_.push_back({core, node == nodes.end() ? 0 : node->second, physical, threads[physical]++});
  }
  std::sort(cores_.begin(), cores_.end(), [](const Core& a, const Core& b) {
    return std::tie(a.node, a.physical, a.id) < std::tie(b.node, b.physical, b.id);
  });
}

std::vector<int> CpuTopology::choose(std::size_t count) const {
  std::vector<Core> order = cores_;
  std::stable_sort(order.begin(), order.end(),
                   [](const Core& a, const Core& b) { return a.thread < b.thread; });
  std::vector<int> chosen;
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i) chosen.push_back(order[i].id);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<std::vector<int>> CpuTopology::split(std::size_t groups) const {
  std::vector<std::vector<int>> result(groups);
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t end = begin_of(group + 1, cores_.size(), groups);
    for (std::size_t i = begin_of(group, cores_.size(), groups); i < end; ++i)
      result[group].push_back(cores_[i].id);
    std::sort(result[group].begin(), result[group].end());
  }
  return result;
}

std::vector<std::vector<int>> CpuTopology::split_for_throughput() const {
  std::vector<std::vector<int>> result;
  for (std::size_t begin = 0; begin < cores_.size();) {
    std::size_t end = begin;
    while (end < cores_.size() && cores_[end].node == cores_[begin].node) ++end;
    for (auto& group : split_node(begin, end)) result.push_back(std::move(group));
    begin = end;
  }
  return result;
}

std::vector<std::vector<int>> CpuTopology::split_node(std::size_t begin, std::size_t end) const {
  std::vector<std::vector<int>> units;  // physical cores
  for (std::size_t i = begin; i < end; ++i) {
    if (i == begin || cores_[i].physical != cores_[i - 1].physical) units.emplace_back();
    units.back().push_back(cores_[i].id);
  }
  const bool only_node = end - begin == cores_.size();
  std::size_t groups =
      std::max<std::size_t>((end - begin + kMostInGroup - 1) / kMostInGroup, only_node ? 2 : 1);
  groups = std::min(groups, end - begin);
  if (units.size() < groups) return split(groups);  // a single physical core: nothing else can be split
  for (;; ++groups) {
    std::vector<std::vector<int>> result(groups);
    std::size_t largest = 0;
    for (std::size_t group = 0; group < groups; ++group) {
      for (std::size_t unit = begin_of(group, units.size(), groups);
           unit < begin_of(group + 1, units.size(), groups); ++unit)
        result[group].insert(result[group].end(), units[unit].begin(), units[unit].end());
      std::sort(result[group].begin(), result[group].end());
      largest = std::max(largest, result[group].size());
    }
    if (largest <= kMostInGroup || groups == units.size()) return result;
  }
}

}  // namespace segfleet
