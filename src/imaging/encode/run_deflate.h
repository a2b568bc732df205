// SPDX-License-Identifier: Apache-2.0
// zlib streams (RFC 1950) of bytes that are mostly long runs, as label maps are after PNG's filter Up. Only
// runs are looked for, so it is several times as fast as a general compressor, and not larger: of a label
// map, what is no run hardly repeats. Thread-safety: one object per thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "imaging/encode/prefix_code.h"

namespace segfleet {

class RunDeflater {
 public:
  // Bytes of the stream, which lies at the beginning of `stream`; that grows where needed and never shrinks.
  // 0 where runs do not pay: fewer than 16 bytes to a literal or run.
  std::size_t deflate(std::span<const std::byte> bytes, std::vector<std::byte>& stream);

 private:
  // A literal's value, kEndOfBlock, or kEndOfBlock + a run's length.
  using Token = std::uint16_t;
  static constexpr Token kEndOfBlock = 256;
  static constexpr std::size_t kTokens = kEndOfBlock + 258 + 1;
  struct Bits {
    std::uint32_t bits = 0;
    std::uint32_t count = 0;
  };

  std::span<const Token> find_tokens(std::span<const std::byte> bytes);  // none where runs do not pay
  void choose_codes(std::span<const Token> tokens);

  std::vector<Token> tokens_;          // never shrunk
  std::array<PrefixCode, 286> codes_;  // of literals and lengths
  std::array<Bits, kTokens> written_;  // of each token: its code, a length's further bits, and the distance
};

}  // namespace segfleet
