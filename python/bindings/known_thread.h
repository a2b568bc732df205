// SPDX-License-Identifier: Apache-2.0
// Threads that the interpreter goes on knowing between two calls.
#pragma once

namespace segfleet {

// From now on until the calling thread ends, taking the interpreter's lock makes no new thread state and
// drops none: that would cost 0.1 ms a call, and what an engine keeps in threading.local() would be lost.
// Requires: the thread does not hold the lock. Thread-safety: any thread.
void stay_known_to_python();

}  // namespace segfleet
