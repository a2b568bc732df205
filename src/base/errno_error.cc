// SPDX-License-Identifier: Apache-2.0
#include "base/errno_error.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace segfleet {
namespace {

// Where it is not the file system's own.
std::string file_size_limit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return fmt::format(" (files of this process may have {} bytes: ulimit -f)", limit.rlim_cur);
}

}  // namespace

Error errno_error(int error_number, std::string_view action) {
  ErrorCode code = ErrorCode::io_error;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::not_found;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::permission_denied;
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = ErrorCode::no_space;
      break;
    case ENOMEM:
      code = ErrorCode::out_of_memory;
      break;
    default:
      break;
  }
  return {code, fmt::format("{}: {}{}", action, std::generic_category().message(error_number),
                            error_number == EFBIG ? file_size_limit() : "")};
}

}  // namespace segfleet
