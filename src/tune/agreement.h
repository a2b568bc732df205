// SPDX-License-Identifier: Apache-2.0
// How far two runs' masks agree. Thread-safety: free function.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "segfleet/error.h"

namespace segfleet {

struct Agreement {
  std::size_t pictures = 0;  // that both runs have
  double share = 0;          // of their pixels, those with the same label: 0 to 1
};

// Of masks that segfleet wrote, whose palette has a colour of its own for each label. Sizes that differ agree
// in nothing. Errors: what reading or decoding a mask says.
Result<Agreement> agreement_of(const std::filesystem::path& masks, const std::filesystem::path& reference,
                               const std::vector<std::string>& stems);

}  // namespace segfleet
