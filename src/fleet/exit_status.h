// SPDX-License-Identifier: Apache-2.0
// The exit statuses of segfleet, in one place: the program ends with them and summary.json tells them.
// Thread-safety: free functions without shared state.
#pragma once
#include "segfleet/error.h"
#include "segfleet/run.h"

namespace segfleet {

inline constexpr int kExitAllDone = 0;
inline constexpr int kExitRunFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitItemsFailed = 3;
inline constexpr int kExitInterrupted = 130;

int exit_status_of(const Error& error);  // 2 where the command line is at fault, else 1
int exit_status_of(const RunSummary& summary);

}  // namespace segfleet
