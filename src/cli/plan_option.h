// SPDX-License-Identifier: Apache-2.0
// `--plan FILE`. Thread-safety: free function.
#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/options.h"

namespace segfleet {

// Puts the plan into `options`, but for those that were said on the command line; `notes` gets what is to be
// told. Errors: those of read_plan(), load_model_package() and check_plan().
Status take_plan(const std::filesystem::path& path, const CLI::App& command, ComputeOptions& options,
                 std::vector<std::string>& notes);

}  // namespace segfleet
