// SPDX-License-Identifier: Apache-2.0
// How the program says that it failed: one line on standard error.
#pragma once
#include "segfleet/error.h"

namespace segfleet {

// Gives the exit status that fits.
int print_error(const Error& error);

}  // namespace segfleet
