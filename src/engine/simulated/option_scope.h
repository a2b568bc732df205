// SPDX-License-Identifier: Apache-2.0
// "sim:2.latency_ms" is an option of one device, "sim:0-3.latency_ms" of four. Thread-safety: a free
// function.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

struct ScopedOption {
  std::string written;  // the key as it was given, for messages
  std::string key;      // without its scope
  std::string value;
  bool mine = true;  // of device number `device`; false: of others alone, here to be checked
};

// In the order in which they are to be applied: what is said of fewer devices comes later. Errors:
// invalid_argument, quoting the scope.
Result<std::vector<ScopedOption>> options_by_scope(const std::map<std::string, std::string>& extra,
                                                   unsigned device);

}  // namespace segfleet
