// SPDX-License-Identifier: Apache-2.0
#include "imaging/encode/run_deflate.h"

#include <libdeflate.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace segfleet {
namespace {

constexpr std::size_t kBytesToToken = 16;
constexpr std::size_t kLongest = 258;
constexpr std::size_t kShortest = 3;
constexpr std::uint64_t kEveryByte = 0x0101010101010101ULL;
constexpr int kMaxCodeBits = 15;
constexpr int kMaxLengthCodeBits = 7;

// RFC 1951, 3.2.5: a run's length as a symbol and further bits.
struct LengthSymbol {
  std::uint16_t symbol;
  std::uint8_t extra_bits;
  std::uint8_t extra;
};

LengthSymbol length_symbol(std::size_t length) {
  if (length == kLongest) return {285, 0, 0};
  const auto past = static_cast<std::uint32_t>(length - kShortest);
  if (past < 8) return {static_cast<std::uint16_t>(257 + past), 0, 0};
  const auto extra_bits = static_cast<std::uint32_t>(std::bit_width(past)) - 3;  // four symbols of each
  const std::uint32_t symbol = 257 + 4 * extra_bits + (past >> extra_bits);
  return {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(extra_bits),
          static_cast<std::uint8_t>(past & ((1U << extra_bits) - 1))};
}

// How many bytes from `at` on are `value`.
std::size_t run_length(std::span<const std::byte> bytes, std::size_t at, std::byte value) {
  const std::size_t begin = at;
  const std::uint64_t run = static_cast<std::uint64_t>(value) * kEveryByte;
  for (std::uint64_t word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if (word == run) continue;
    // The first in memory is the lowest, but on big-endian machines.
    const int equal = std::endian::native == std::endian::little ? std::countr_zero(word ^ run)
                                                                 : std::countl_zero(word ^ run);
    return at - begin + static_cast<std::size_t>(equal) / 8;
  }
  while (at < bytes.size() && bytes[at] == value) ++at;
  return at - begin;
}

class BitWriter {
 public:
  explicit BitWriter(std::byte* to) : to_(to) {}
  // At most 32 bits.
  void put(std::uint64_t bits, std::uint32_t count) {
    waiting_ |= bits << count_;
    count_ += count;
    if (count_ < 32) return;
    for (int i = 0; i < 4; ++i) *to_++ = static_cast<std::byte>(waiting_ >> (8 * i));
    waiting_ >>= 32;
    count_ -= 32;
  }
  // The next byte after all bits.
  std::byte* finish() {
    for (; count_ > 0; count_ -= std::min(count_, 8U), waiting_ >>= 8)
      *to_++ = static_cast<std::byte>(waiting_);
    return to_;
  }

 private:
  std::byte* to_;
  std::uint64_t waiting_ = 0;
  std::uint32_t count_ = 0;
};

// RFC 1951, 3.2.7: code lengths as symbols, 16 to 18 being repeats with further bits.
struct LengthOfCode {
  std::uint8_t symbol;
  std::uint8_t extra_bits;
  std::uint8_t extra;
};

class CodeLengths {
 public:
  void add(std::span<const PrefixCode> codes) {
    for (std::size_t i = 0; i < codes.size();) {
      const std::uint8_t length = codes[i].length;
      std::size_t run = 1;
      while (i + run < codes.size() && codes[i + run].length == length) ++run;
      i += run;
      if (length > 0) {
        add({length, 0, 0});
        --run;
      }
      while (run >= kShortest) {
        const std::size_t part = std::min<std::size_t>(run, length > 0 ? 6 : 138);
        if (length > 0)
          add({16, 2, static_cast<std::uint8_t>(part - 3)});
        else if (part <= 10)
          add({17, 3, static_cast<std::uint8_t>(part - 3)});
        else
          add({18, 7, static_cast<std::uint8_t>(part - 11)});
        run -= part;
      }
      for (; run > 0; --run) add({length, 0, 0});
    }
  }

  void write(BitWriter& to) const {
    static constexpr std::array<std::uint8_t, 19> kOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                         11, 4,  12, 3, 13, 2, 14, 1, 15};
    std::array<PrefixCode, 19> codes;
    make_prefix_codes(counts_, kMaxLengthCodeBits, codes);
    std::size_t sent = kOrder.size();
    while (sent > 4 && codes[kOrder[sent - 1]].length == 0) --sent;
    to.put(sent - 4, 4);
    for (std::size_t i = 0; i < sent; ++i) to.put(codes[kOrder[i]].length, 3);
    for (std::size_t i = 0; i < size_; ++i) {
      to.put(codes[lengths_[i].symbol].bits, codes[lengths_[i].symbol].length);
      to.put(lengths_[i].extra, lengths_[i].extra_bits);
    }
  }

 private:
  void add(LengthOfCode length) {
    lengths_[size_++] = length;
    ++counts_[length.symbol];
  }

  std::array<LengthOfCode, 320> lengths_;
  std::size_t size_ = 0;
  std::array<std::uint32_t, 19> counts_{};
};

}  // namespace

std::span<const RunDeflater::Token> RunDeflater::find_tokens(std::span<const std::byte> bytes) {
  const std::size_t most = bytes.size() / kBytesToToken + 64;  // small maps may have a few more
  if (tokens_.size() < most + 8) tokens_.resize(most + 8);
  std::size_t count = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    if (count > most) return {};
    const std::byte value = bytes[i++];
    tokens_[count++] = static_cast<Token>(value);
    std::size_t run = run_length(bytes, i, value);
    i += run;
    for (; run >= kShortest && count <= most; run -= std::min(run, kLongest))
      tokens_[count++] = static_cast<Token>(kEndOfBlock + std::min(run, kLongest));
    if (run >= kShortest) return {};
    for (; run > 0; --run) tokens_[count++] = static_cast<Token>(value);
  }
  tokens_[count++] = kEndOfBlock;
  return std::span(tokens_).first(count);
}

void RunDeflater::choose_codes(std::span<const Token> tokens) {
  std::array<std::uint32_t, kTokens> token_counts{};
  for (const Token token : tokens) ++token_counts[token];
  std::array<std::uint32_t, std::tuple_size_v<decltype(codes_)>> counts{};
  for (std::size_t token = 0; token <= kEndOfBlock; ++token) counts[token] = token_counts[token];
  for (std::size_t length = kShortest; length <= kLongest; ++length)
    counts[length_symbol(length).symbol] += token_counts[kEndOfBlock + length];
  make_prefix_codes(counts, kMaxCodeBits, codes_);
  for (std::size_t token = 0; token <= kEndOfBlock; ++token)
    written_[token] = {codes_[token].bits, codes_[token].length};
  for (std::size_t length = kShortest; length <= kLongest; ++length) {
    const LengthSymbol symbol = length_symbol(length);
    const PrefixCode code = codes_[symbol.symbol];
    // The only distance, 1, has one bit, a zero.
    written_[kEndOfBlock + length] = {
        static_cast<std::uint32_t>(code.bits) | static_cast<std::uint32_t>(symbol.extra) << code.length,
        static_cast<std::uint32_t>(code.length) + symbol.extra_bits + 1};
  }
}

std::size_t RunDeflater::deflate(std::span<const std::byte> bytes, std::vector<std::byte>& stream) {
  const std::span<const Token> tokens = find_tokens(bytes);
  if (tokens.empty()) return 0;
  choose_codes(tokens);
  // A token has 21 bits at most; before them come 320 lengths of codes of 14 bits at most.
  stream.resize(std::max(stream.size(), 3 * tokens.size() + 1024));
  stream[0] = std::byte{0x78};
  stream[1] = std::byte{0x01};
  BitWriter writer(stream.data() + 2);
  writer.put(0b101, 3);  // the last block, dynamic codes
  writer.put(codes_.size() - 257, 5);
  writer.put(0, 5);  // one distance code
  CodeLengths lengths;
  lengths.add(codes_);
  lengths.add(std::array{PrefixCode{0, 1}});
  lengths.write(writer);
  for (const Token token : tokens) writer.put(written_[token].bits, written_[token].count);
  std::byte* end = writer.finish();
  const std::uint32_t sum = libdeflate_adler32(1, bytes.data(), bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) *end++ = static_cast<std::byte>(sum >> shift);
  return static_cast<std::size_t>(end - stream.data());
}

}  // namespace segfleet
