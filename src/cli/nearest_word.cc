// SPDX-License-Identifier: Apache-2.0
#include "cli/nearest_word.h"

#include <algorithm>

namespace segfleet {
namespace {

constexpr std::size_t kLongest = 64;  // no word of ours is longer
constexpr std::size_t kLettersPerSlip = 3;

// Damerau's distance, where no part is changed twice ("optimal string alignment").
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> slips(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) slips[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) slips[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = slips[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      slips[i][j] = std::min({replaced, slips[i - 1][j] + 1, slips[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        slips[i][j] = std::min(slips[i][j], slips[i - 2][j - 2] + 1);
    }
  }
  return slips[a.size()][b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
  if (word.size() < 2 || word.size() > kLongest) return {};
  std::string nearest;
  std::size_t fewest = word.size() / kLettersPerSlip + 1;
  for (const std::string& candidate : words) {
    const std::size_t slips = candidate.starts_with(word) ? 0 : slips_between(word, candidate);
    if (slips >= fewest) continue;
    nearest = candidate;
    fewest = slips;
  }
  return nearest;
}

}  // namespace segfleet
