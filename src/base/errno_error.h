// SPDX-License-Identifier: Apache-2.0
// errno to Error, in one place.
#pragma once
#include <string_view>

#include "segfleet/error.h"

namespace segfleet {

// "cannot open /a/b: Permission denied" with the code that fits: not_found, permission_denied, no_space
// (ENOSPC, EDQUOT), out_of_memory, otherwise io_error. `action` says what was tried, with the path.
Error errno_error(int error_number, std::string_view action);

}  // namespace segfleet
