// SPDX-License-Identifier: Apache-2.0
// What to say of a Python that cannot run the package segfleet. Thread-safety: a free function; the child
// dies with the calling thread.
#pragma once
#include <filesystem>
#include <string_view>

#include "segfleet/error.h"

namespace segfleet {

// Asks `python` itself why: it lacks the package, it cannot import it, or it runs no Python code at all.
// `task`: "hosts engine paddle", what the package is wanted for; `extra`: the package's extra that brings
// what the task needs besides, or empty. Gives engine_unavailable with the mend; interrupted where `stop_fd`
// became readable.
Error package_fault(const std::filesystem::path& python, std::string_view task, std::string_view extra,
                    int stop_fd = -1);

}  // namespace segfleet
