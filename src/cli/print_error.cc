// SPDX-License-Identifier: Apache-2.0
#include "cli/print_error.h"

#include <fmt/format.h>

#include <cstdio>

#include "fleet/exit_status.h"
#include "report/text.h"

namespace segfleet {

int print_error(const Error& error) {
  put(stderr, printable(fmt::format("segfleet: {} ({})", error.message, name_of(error.code))) + "\n");
  return exit_status_of(error);
}

}  // namespace segfleet
