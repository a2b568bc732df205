// SPDX-License-Identifier: Apache-2.0
// The candidates of a search: every combination of what each dimension may be. Thread-safety: plain data,
// pure functions.
#pragma once
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "tune/candidate.h"

namespace segfleet {

// Each list's first value is the one that a run without a plan would take. An empty list: to be chosen.
struct Grid {
  std::vector<std::string> engines;
  std::vector<Precision> precisions;
  std::vector<std::string> devices;  // each as --devices
  std::vector<int> workers_per_device;
  std::vector<int> lanes;    // 0: the default
  std::vector<int> threads;  // 0: the default
  std::vector<int> batches;
};

inline constexpr std::size_t kMostCandidates = 1000;

// Every combination, the fewer and smaller its differences from the first values the sooner: a search that
// runs out of time has then tried each dimension by itself. Errors: invalid_argument: a value twice, more
// than kMostCandidates.
Result<std::vector<Candidate>> candidates_of(const Grid& grid,
                                             const std::map<std::string, std::string>& engine_options);

// What fills the lists that the user left empty.
struct GridFacts {
  std::vector<std::string> engines;          // that run the model here, the preferred one first
  bool accelerators = false;                 // --devices auto means them
  std::vector<std::vector<int>> cpu_groups;  // the cores of each device that --devices auto gives, else
  std::string auto_devices;                  // "cpu:0,cpu:1": what --devices auto gives
  bool bf16 = false;                         // the devices compute it in hardware
};
Grid filled(Grid grid, const GridFacts& facts);

}  // namespace segfleet
