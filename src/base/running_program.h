// SPDX-License-Identifier: Apache-2.0
// Where this program lies: engines and the worker program are looked for beside it.
// Thread-safety: free function.
#pragma once
#include <filesystem>

#include "segfleet/error.h"

namespace segfleet {

// The path of the running program's file, links resolved. Errors: as errno_error(), where /proc is not
// mounted.
Result<std::filesystem::path> running_program();

}  // namespace segfleet
