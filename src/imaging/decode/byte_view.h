// SPDX-License-Identifier: Apache-2.0
// Integers of either byte order out of a file's bytes. Thread-safety: value type, reads only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace segfleet {

enum class ByteOrder { little, big };

class ByteView {
 public:
  ByteView(std::span<const std::byte> bytes, ByteOrder order) : bytes_(bytes), order_(order) {}

  // Whether bytes [offset, offset + count) exist. The readers below require it.
  bool holds(std::uint64_t offset, std::uint64_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }
  std::uint8_t u8(std::uint64_t offset) const { return std::to_integer<std::uint8_t>(bytes_[offset]); }
  std::uint16_t u16(std::uint64_t offset) const { return static_cast<std::uint16_t>(integer(offset, 2)); }
  std::uint32_t u32(std::uint64_t offset) const { return static_cast<std::uint32_t>(integer(offset, 4)); }
  std::uint64_t u64(std::uint64_t offset) const { return integer(offset, 8); }

 private:
  std::uint64_t integer(std::uint64_t offset, unsigned count) const {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i) {
      const unsigned from = order_ == ByteOrder::big ? i : count - 1 - i;
      value = value << 8 | u8(offset + from);
    }
    return value;
  }

  std::span<const std::byte> bytes_;
  ByteOrder order_;
};

}  // namespace segfleet
