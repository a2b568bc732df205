// SPDX-License-Identifier: Apache-2.0
// Huffman's codes as deflate has them (RFC 1951, 3.2.2): canonical, of limited length, low bit first.
// Thread-safety: free function without shared state.
#pragma once
#include <cstdint>
#include <span>

namespace segfleet {

struct PrefixCode {
  std::uint16_t bits = 0;   // the first bit to be written is the lowest
  std::uint8_t length = 0;  // 0: the symbol does not occur
};

// codes[i] of the symbol that occurs counts[i] times. One that is alone gets one bit. At most `max_length`
// bits, 7 to 15: where Huffman's code has more, it is made for flatter counts. requires: as many codes as
// counts, at most 288; the counts' sum fits 32 bits.
void make_prefix_codes(std::span<const std::uint32_t> counts, int max_length, std::span<PrefixCode> codes);

}  // namespace segfleet
