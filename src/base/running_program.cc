// SPDX-License-Identifier: Apache-2.0
#include "base/running_program.h"

#include <dlfcn.h>

#include <string>
#include <system_error>

#include "base/errno_error.h"

namespace segfleet {

Result<std::filesystem::path> running_program() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return errno_error(error.value(), "cannot tell where this program is: /proc/self/exe");
  return program;
}

Result<std::filesystem::path> own_file() {
  static const char here = 0;
  ::Dl_info info{};
  // Of a program the loader knows only how it was called.
  if (::dladdr(&here, &info) == 0 || info.dli_fname == nullptr ||
      std::filesystem::path(info.dli_fname).is_relative())
    return running_program();
  std::error_code error;
  std::filesystem::path file = std::filesystem::canonical(info.dli_fname, error);
  if (error)
    return errno_error(error.value(),
                       "cannot tell where segfleet's library is: " + std::string(info.dli_fname));
  return file;
}

}  // namespace segfleet
