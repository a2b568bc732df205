// SPDX-License-Identifier: Apache-2.0
// The machine's memory, as far as this process may have it. Thread-safety: free function.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

namespace segfleet {

struct HostMemory {
  std::uint64_t available_bytes = 0;  // without swapping: page cache that can be dropped counts
  std::uint64_t total_bytes = 0;
};

// The machine's (MemAvailable of proc(5)), or the least that a cgroup above this process leaves, where one
// has a limit. Nothing where the kernel does not tell.
std::optional<HostMemory> host_memory(const std::filesystem::path& root = "/");

}  // namespace segfleet
