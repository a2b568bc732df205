// SPDX-License-Identifier: Apache-2.0
// Words of the form KEY=VALUE. Thread-safety: free function.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

// `option` is named in messages. Errors: invalid_argument: no KEY=VALUE, a key twice.
Status take_key_values(const char* option, const std::vector<std::string>& words,
                       std::map<std::string, std::string>& values);

}  // namespace segfleet
