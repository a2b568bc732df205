// SPDX-License-Identifier: Apache-2.0
// Which engines are Python classes, hosted by `python -m segfleet.worker`. Thread-safety: free functions.
#pragma once
#include <span>
#include <string_view>

namespace segfleet {

// Those that come with the package: python/segfleet/engines/.
std::span<const std::string_view> python_engines();

// One of them, or a user's own as "package.module:Class".
bool is_python_engine(std::string_view name);

}  // namespace segfleet
