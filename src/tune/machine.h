// SPDX-License-Identifier: Apache-2.0
// What a plan was measured on. Thread-safety: plain data, free functions. `root` is where /proc and /sys are
// found; other than "/" for tests.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace segfleet {

struct Machine {
  std::string cpu;                        // as the kernel names it, "AMD EPYC 7763"
  std::string cores;                      // that this process may use, quota included: "0-3+8"
  std::uint64_t memory_bytes = 0;         // of the whole machine
  std::vector<std::string> accelerators;  // by device files: "NVIDIA H100", "PCI 0x8086:0x56a0"
};

Machine this_machine(const std::filesystem::path& root = "/");

// "2 cores (0-1) there, 4 (0-3) here" and so on; empty where a plan for `there` is one for `here`. Memory may
// differ by a twentieth: kernels keep different shares.
std::vector<std::string> differences(const Machine& there, const Machine& here);

}  // namespace segfleet
