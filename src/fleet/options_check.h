// SPDX-License-Identifier: Apache-2.0
// Options that contradict each other or that no run could honour, found before anything is touched.
#pragma once
#include "segfleet/error.h"
#include "segfleet/fleet.h"
#include "segfleet/options.h"

namespace segfleet {

// With what the layout implies: infer the network's size, predict the overlay.
RunOptions with_layout(RunOptions options);

// Errors: invalid_argument, naming the option and what it may be.
Status check_options(const RunOptions& options);
Status check_options(const FleetOptions& options);

}  // namespace segfleet
