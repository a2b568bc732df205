// SPDX-License-Identifier: Apache-2.0
#include "cli/key_values.h"

#include <fmt/format.h>

namespace segfleet {

Status take_key_values(const char* option, const std::vector<std::string>& words,
                       std::map<std::string, std::string>& values) {
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos)
      return Error{ErrorCode::invalid_argument, fmt::format("{} {}: it must be KEY=VALUE", option, word)};
    if (!values.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
      return Error{ErrorCode::invalid_argument,
                   fmt::format("{} {}: the key is given twice; give it once", option, word)};
  }
  return {};
}

}  // namespace segfleet
