// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_output.h"

#include <cerrno>
#include <cstdio>

#include "base/errno_error.h"
#include "cli/print_error.h"
#include "fleet/exit_status.h"

namespace segfleet {
namespace {

constexpr const char* kLost = "cannot write to standard output, a part of it is lost";

int first_failure = 0;  // errno; stdio keeps no more than that there was one

void remember_failure() {
  if (first_failure == 0) first_failure = errno;
}

}  // namespace

void print_text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size()) remember_failure();
}

int end_standard_output(int exit_status) {
  if (std::fflush(stdout) != 0) remember_failure();
  if (std::ferror(stdout) == 0) return exit_status;
  print_error(first_failure != 0 ? errno_error(first_failure, kLost) : Error{ErrorCode::io_error, kLost});
  const bool ended_well = exit_status == kExitAllDone || exit_status == kExitItemsFailed;
  return ended_well ? kExitRunFailed : exit_status;
}

}  // namespace segfleet
