// SPDX-License-Identifier: Apache-2.0
#include "fleet/exit_status.h"

namespace segfleet {

int exit_status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::not_found:
    case ErrorCode::device_unknown:
    case ErrorCode::output_conflict:
      return kExitUsage;
    case ErrorCode::interrupted:
      return kExitInterrupted;
    default:
      return kExitRunFailed;
  }
}

int exit_status_of(const RunSummary& summary) {
  if (summary.interrupted) return kExitInterrupted;
  return summary.progress.failed > 0 ? kExitItemsFailed : kExitAllDone;
}

}  // namespace segfleet
