// SPDX-License-Identifier: Apache-2.0
#include "cli/print_error.h"

#include <fmt/format.h>

#include <cstdio>

#include "fleet/exit_status.h"

namespace segfleet {

int print_error(const Error& error) {
  fmt::print(stderr, "segfleet: {} ({})\n", error.message, name_of(error.code));
  return exit_status_of(error);
}

}  // namespace segfleet
