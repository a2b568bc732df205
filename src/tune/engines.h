// SPDX-License-Identifier: Apache-2.0
// Which engines a search tries, and on what. Thread-safety: free functions.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/use_engine.h"
#include "segfleet/model.h"
#include "segfleet/options.h"

namespace segfleet {

// The one that --engine auto chooses for `options`, then every other one that is installed here and reads the
// model's graph as it is and as `options` ask for it. `use`: the choice. Errors: interrupted where `stop_fd`
// became readable.
Result<std::vector<std::string>> engines_to_try(const ComputeOptions& options, const ModelPackage& model,
                                                const EngineUse& use, int stop_fd);

}  // namespace segfleet
