// SPDX-License-Identifier: Apache-2.0
// --devices, parsed and checked against this machine. Thread-safety: free functions without shared state.
// `root` is where /proc and /sys are found; other than "/" for tests.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "segfleet/error.h"

namespace segfleet {

struct Device {
  std::string
      name;  // "cpu:0-1", "gpu:0", "sim:3": unique in a run, stored in the ledger; --devices takes it again
  std::string engine_device;  // what EngineOptions::device gets: "cpu", "gpu:0", "sim:3"
  std::vector<int>
      cores;  // the worker is bound to these; for a GPU the cores that feed it. Ascending, never empty
};

// The cores that this process may use, ascending, at least one: its affinity, cut to the cgroup's CPU quota,
// which is rounded up: with 1.5 CPUs one core would waste a third, two use all of it and are throttled a
// little. Of more cores than that the first threads of physical cores are chosen.
std::vector<int> allowed_cores(const std::filesystem::path& root = "/");
std::vector<int> cut_to_quota(const std::vector<int>& cores, const std::filesystem::path& root);

// `found`: what the engines report (empty is fine). Syntax: device_spec.h.
//   auto     every accelerator found, else the CPU split as it is fastest for throughput (cpu_topology.h)
//   cpu      all allowed cores, one worker      cpu:0-3+8   these cores      cpu*4   all cores in 4 groups
//   gpu      every gpu found                    gpu:0,1     these two        gpu:0-3 four devices
//   sim:0, sim*8                                simulated devices, always there; all cores each
// An accelerator gets the allowed cores near it where the kernel tells which, cut evenly between those that
// share them, without the cores that cpu devices of the list have, where any are left. Errors:
// device_unknown, naming the devices that exist; invalid_argument for bad syntax, a device named twice, cores
// that two cpu devices share.
Result<std::vector<Device>> parse_devices(const std::string& spec, const std::vector<int>& cores,
                                          const std::vector<EngineDevice>& found,
                                          const std::filesystem::path& root = "/");

}  // namespace segfleet
