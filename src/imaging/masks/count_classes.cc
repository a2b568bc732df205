// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/count_classes.h"

#include <cstring>

namespace segfleet {
namespace {
// Neighbouring pixels mostly have one class:
// adding to one table would wait for the store before it each time.
constexpr std::size_t kTables = 4;
constexpr std::uint64_t kEveryByte = 0x0101010101010101ULL;
using Word = std::uint64_t;
constexpr std::size_t kBlock = 4 * sizeof(Word);

using Tables = std::array<std::array<std::uint64_t, 256>, kTables>;

void count_word(const std::uint8_t* pixels, Word word, std::size_t table, Tables& tables) {
  if (word == pixels[0] * kEveryByte) {
    tables[table][pixels[0]] += sizeof word;
  } else {
    for (std::size_t k = 0; k < sizeof word; ++k) ++tables[k % kTables][pixels[k]];
  }
}
}  // namespace

void count_classes(const LabelMap& labels, std::array<std::uint64_t, 256>& counts) {
  Tables tables{};
  const std::uint8_t* pixels = labels.labels.data();
  const std::size_t count = labels.labels.size();
  std::size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    std::array<Word, 4> words;
    std::memcpy(words.data(), pixels + i, kBlock);
    const Word one_class = pixels[i] * kEveryByte;
    const Word other =
        (words[0] ^ one_class) | (words[1] ^ one_class) | (words[2] ^ one_class) | (words[3] ^ one_class);
    if (other == 0) {
      tables[i / kBlock % kTables][pixels[i]] += kBlock;
    } else {
      for (std::size_t w = 0; w < words.size(); ++w) count_word(pixels + i + 8 * w, words[w], w, tables);
    }
  }
  for (; i < count; ++i) ++tables[0][pixels[i]];
  for (std::size_t c = 0; c < counts.size(); ++c) {
    counts[c] = tables[0][c] + tables[1][c] + tables[2][c] + tables[3][c];
  }
}

}  // namespace segfleet
