// SPDX-License-Identifier: Apache-2.0
// The words that the parser knows. Thread-safety: free functions without shared state.
#pragma once
#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace segfleet {

std::vector<const CLI::App*> commands_of(const CLI::App& app);
std::vector<std::string> option_names(const CLI::App& command);  // without their dashes

}  // namespace segfleet
