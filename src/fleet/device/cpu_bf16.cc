// SPDX-License-Identifier: Apache-2.0
#include "fleet/device/cpu_bf16.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "base/kernel_file.h"

namespace segfleet {

bool has_bf16(const std::filesystem::path& root) {
  std::istringstream lines(read_kernel_file(root / "proc/cpuinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    line += ' ';
    return std::ranges::any_of(std::initializer_list<const char*>{" avx512_bf16 ", " amx_bf16 ", " bf16 "},
                               [&](const char* flag) { return line.find(flag) != std::string::npos; });
  }
  return false;
}

}  // namespace segfleet
