// SPDX-License-Identifier: Apache-2.0
#include "base/running_program.h"

#include <system_error>

#include "base/errno_error.h"

namespace segfleet {

Result<std::filesystem::path> running_program() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return errno_error(error.value(), "cannot tell where this program is: /proc/self/exe");
  return program;
}

}  // namespace segfleet
