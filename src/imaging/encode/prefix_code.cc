// SPDX-License-Identifier: Apache-2.0
#include "imaging/encode/prefix_code.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace segfleet {
namespace {

constexpr std::size_t kMaxSymbols = 288;
constexpr int kMaxBits = 15;

// Leaves are 0 to leaves - 1, inner nodes follow in the order in which they were made: by count, as well.
struct Tree {
  std::array<std::uint32_t, 2 * kMaxSymbols> count;
  std::array<std::uint16_t, 2 * kMaxSymbols> parent;
};

// Depths of the leaves, whose counts go up; gives the largest. requires: two leaves or more.
int depths(Tree& tree, std::size_t leaves, std::span<std::uint8_t> depth) {
  std::size_t leaf = 0;
  std::size_t inner = leaves;
  const std::size_t root = 2 * leaves - 2;
  for (std::size_t made = leaves; made <= root; ++made) {
    std::uint32_t sum = 0;
    for (int child = 0; child < 2; ++child) {
      const bool take_leaf = leaf < leaves && (inner == made || tree.count[leaf] <= tree.count[inner]);
      const std::size_t taken = take_leaf ? leaf++ : inner++;
      sum += tree.count[taken];
      tree.parent[taken] = static_cast<std::uint16_t>(made);
    }
    tree.count[made] = sum;
  }
  std::array<std::uint16_t, 2 * kMaxSymbols> level;
  level[root] = 0;
  for (std::size_t node = root; node-- > 0;)
    level[node] = static_cast<std::uint16_t>(level[tree.parent[node]] + 1);
  int largest = 0;
  for (std::size_t i = 0; i < leaves; ++i) {
    largest = std::max<int>(largest, level[i]);
    depth[i] = static_cast<std::uint8_t>(std::min<int>(level[i], 255));
  }
  return largest;
}

std::uint16_t reversed(std::uint32_t bits, int length) {
  std::uint32_t result = 0;
  for (int i = 0; i < length; ++i) result |= (bits >> i & 1) << (length - 1 - i);
  return static_cast<std::uint16_t>(result);
}

// RFC 1951, 3.2.2: shorter codes first, those of one length in the symbols' order.
void assign_bits(std::span<PrefixCode> codes) {
  std::array<std::uint32_t, kMaxBits + 2> of_length{};
  for (const PrefixCode& code : codes) ++of_length[code.length];
  of_length[0] = 0;
  std::array<std::uint32_t, kMaxBits + 2> next{};
  for (std::size_t length = 1; length <= kMaxBits; ++length)
    next[length] = (next[length - 1] + of_length[length - 1]) << 1;
  for (PrefixCode& code : codes)
    if (code.length > 0) code.bits = reversed(next[code.length]++, code.length);
}

}  // namespace

void make_prefix_codes(std::span<const std::uint32_t> counts, int max_length, std::span<PrefixCode> codes) {
  std::array<std::uint16_t, kMaxSymbols> symbols;
  std::size_t leaves = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    codes[i] = {};
    if (counts[i] > 0) symbols[leaves++] = static_cast<std::uint16_t>(i);
  }
  if (leaves < 2) {
    if (leaves == 1) codes[symbols[0]].length = 1;
    return;
  }
  std::sort(symbols.begin(), symbols.begin() + leaves,
            [&](auto a, auto b) { return counts[a] != counts[b] ? counts[a] < counts[b] : a < b; });
  Tree tree;
  std::array<std::uint8_t, kMaxSymbols> depth;
  std::array<std::uint32_t, kMaxSymbols> flatter;
  for (std::size_t i = 0; i < leaves; ++i) flatter[i] = counts[symbols[i]];
  while (true) {
    std::copy_n(flatter.begin(), leaves, tree.count.begin());
    if (depths(tree, leaves, depth) <= max_length) break;
    for (std::size_t i = 0; i < leaves; ++i) flatter[i] = (flatter[i] + 1) / 2;  // keeps the order
  }
  for (std::size_t i = 0; i < leaves; ++i) codes[symbols[i]].length = depth[i];
  assign_bits(codes);
}

}  // namespace segfleet
