// SPDX-License-Identifier: Apache-2.0
// Which cores are neighbours: hardware threads of one physical core, cores of one NUMA node.
// Thread-safety: immutable after construction.
#pragma once
#include <filesystem>
#include <vector>

namespace segfleet {

class CpuTopology {
 public:
  // Reads ROOT/sys/devices/system/{cpu,node} for these cores. What the kernel does not tell counts as one
  // node and one thread for each core.
  CpuTopology(const std::vector<int>& cores, const std::filesystem::path& root);

  // `count` of the cores, ascending: one thread of each physical core before second threads,
  // one node before the next.
  std::vector<int> choose(std::size_t count) const;

  // All cores in `groups` groups as equal as can be, neighbours together. Requires 1 <= groups <= cores.
  std::vector<std::vector<int>> split(std::size_t groups) const;

  // As it is fastest for throughput: at least two groups where there are two cores, at most eight cores in a
  // group (an engine scales badly beyond), no group over two nodes, no physical core in two groups unless
  // there is only one.
  std::vector<std::vector<int>> split_for_throughput() const;

 private:
  struct Core {
    int id = 0;
    int node = 0;
    int physical = 0;  // the lowest id of its hardware threads
    int thread = 0;    // 0 for the first allowed hardware thread of the physical core
  };
  std::vector<std::vector<int>> split_node(std::size_t begin, std::size_t end) const;

  std::vector<Core> cores_;  // neighbours side by side: by node, physical core, id
};

}  // namespace segfleet
