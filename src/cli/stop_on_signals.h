// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and its kin as a StopRequest. Once in a program, from the main thread.
#pragma once
#include "segfleet/run.h"

namespace segfleet {

// SIGINT, SIGTERM and SIGHUP ask `stop`, which must outlive the program's work, unless this process was told
// to ignore them. A reader of standard output that goes away ends nothing.
void stop_on_signals(StopRequest& stop);

}  // namespace segfleet
