// SPDX-License-Identifier: Apache-2.0
// The pipeline inside one device process: read → decode → transform → batch → engine → restore → encode →
// write.
#pragma once
#include "base/unique_fd.h"

namespace segfleet {

// Serves the coordinator at the other end of `socket` until it drains the worker or goes away.
// Returns the process's exit status: 0 after Drain or end-of-file, 1 where the model could not be loaded or
// the peer broke the protocol.
int run_worker(UniqueFd socket);

}  // namespace segfleet
