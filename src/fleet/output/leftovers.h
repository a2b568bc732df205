// SPDX-License-Identifier: Apache-2.0
// Temporary files of workers that were killed. Thread-safety: one thread.
#pragma once
#include "io/sink/output_layout.h"
#include "segfleet/error.h"

namespace segfleet {

// Removes every temporary file of the output folder. Only for who holds its lock and has no worker: then all
// of them belong to the dead, also those of a worker that the kernel is still taking down,
// or that no one has reaped.
Status remove_leftovers(const OutputLayout& layout);

}  // namespace segfleet
