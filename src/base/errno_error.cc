// SPDX-License-Identifier: Apache-2.0
#include "base/errno_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace segfleet {

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
      code = ErrorCode::no_space;
      break;
    case ENOMEM:
      code = ErrorCode::out_of_memory;
      break;
    default:
      break;
  }
  return {code, fmt::format("{}: {}", action, std::generic_category().message(error_number))};
}

}  // namespace segfleet
