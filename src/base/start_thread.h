// SPDX-License-Identifier: Apache-2.0
// A thread that helps another: signals stay with the one that had them. Thread-safety: a free function.
#pragma once
#include <functional>
#include <thread>

#include "segfleet/error.h"

namespace segfleet {

// All signals are blocked in it. Errors: io_error where the system gives no thread.
Result<std::thread> start_thread(std::function<void()> body);

}  // namespace segfleet
