// SPDX-License-Identifier: Apache-2.0
// The pipeline inside one device process:
// read → decode → transform → batch → engine → restore → encode → write.
#pragma once
#include "base/unique_fd.h"
#include "worker/worker_main.h"

namespace segfleet {

// Serves the coordinator at the other end of `socket` until it drains the worker or goes away.
// Returns the process's exit status: 0 after Drain, 1 where the model could not be loaded. Otherwise it ends
// the process by _exit, at once, even in the middle of an engine call: with 0 at end-of-file, with 1 and a
// line on standard error where the peer broke the protocol.
int run_worker(UniqueFd socket, const WorkerHost& host);

}  // namespace segfleet
