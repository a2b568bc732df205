// SPDX-License-Identifier: Apache-2.0
// Where this program lies, and this code: engines and the worker program are looked for from there.
// Thread-safety: free functions.
#pragma once
#include <filesystem>

#include "segfleet/error.h"

namespace segfleet {

// The path of the running program's file, links resolved. Errors: as errno_error(), where /proc is not
// mounted.
Result<std::filesystem::path> running_program();

// The path of the file that this code was loaded from, links resolved: libsegfleet.so where an application
// links to it, else the program itself. Errors: as errno_error().
Result<std::filesystem::path> own_file();

}  // namespace segfleet
