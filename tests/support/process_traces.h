// SPDX-License-Identifier: Apache-2.0
// What this process has: to see that nothing is left behind.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace segfleet {

inline int open_descriptors() {
  const auto entries = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<int>(std::distance(begin(entries), end(entries)));
}

// Pids of the main thread's children, zombies included.
inline std::string children() {
  std::ifstream file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace segfleet
