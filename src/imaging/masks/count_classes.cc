// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/count_classes.h"

#include <cstring>

namespace segfleet {
namespace {
// Neighbouring pixels mostly have one class:
// adding to one table would wait for the store before it each time.
constexpr std::size_t kTables = 4;
constexpr std::uint64_t kEveryByte = 0x0101010101010101ULL;
}  // namespace

void count_classes(const LabelMap& labels, std::array<std::uint64_t, 256>& counts) {
  std::array<std::array<std::uint64_t, 256>, kTables> tables{};
  const std::uint8_t* pixels = labels.labels.data();
  const std::size_t count = labels.labels.size();
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, pixels + i, 8);
    if (word == pixels[i] * kEveryByte) {
      tables[i / 8 % kTables][pixels[i]] += 8;
    } else {
      for (std::size_t k = 0; k < 8; ++k) ++tables[k % kTables][pixels[i + k]];
    }
  }
  for (; i < count; ++i) ++tables[0][pixels[i]];
  for (std::size_t c = 0; c < counts.size(); ++c) {
    counts[c] = tables[0][c] + tables[1][c] + tables[2][c] + tables[3][c];
  }
}

}  // namespace segfleet
