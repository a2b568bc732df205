// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the word that was most likely meant. Thread-safety: free function without shared state.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace segfleet {

// Of `words`, the one that `word` begins, or that the fewest slips turn into `word`: a letter added, left
// out, replaced, or swapped with its neighbour. Empty where that takes more than one slip for every three
// letters.
std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

}  // namespace segfleet
