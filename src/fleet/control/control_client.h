// SPDX-License-Identifier: Apache-2.0
// Asks the run that is busy in an output folder. Thread-safety: a free function.
#pragma once
#include <filesystem>

#include "fleet/control/control_request.h"

namespace segfleet {

// Blocks until the answer, at most a minute. Errors: not_found where no run is busy there; permission_denied
// where it is another user's; io_error, protocol_error; or what the run answers.
Result<ControlAnswer> ask_run(const std::filesystem::path& output, const ControlRequest& request);

}  // namespace segfleet
