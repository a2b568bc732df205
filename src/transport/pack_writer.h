// SPDX-License-Identifier: Apache-2.0
// Appends MessagePack values to bytes. Format: https://github.com/msgpack/msgpack/blob/master/spec.md
// Thread-safety: one thread at a time.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace segfleet {

class PackWriter {
 public:
  explicit PackWriter(std::vector<std::byte>& bytes) : bytes_(bytes) {}

  void boolean(bool value) { put(value ? 0xc3 : 0xc2); }
  void real(double value) { put_sized(0xcb, std::bit_cast<std::uint64_t>(value)); }
  template <typename T>
  void integer(T value) {
    if constexpr (std::is_signed_v<T>)
      if (value < 0) return put_sized(0xd3, static_cast<std::uint64_t>(std::int64_t{value}));
    positive(static_cast<std::uint64_t>(value));
  }
  void text(std::string_view value) {
    if (value.size() < 32)
      put(0xa0U | static_cast<unsigned>(value.size()));
    else if (value.size() <= UINT8_MAX)
      put_sized(0xd9, static_cast<std::uint8_t>(value.size()));
    else if (value.size() <= UINT16_MAX)
      put_sized(0xda, static_cast<std::uint16_t>(value.size()));
    else
      put_sized(0xdb, static_cast<std::uint32_t>(value.size()));
    append(std::as_bytes(std::span(value)));
  }
  void array(std::size_t count) {
    if (count < 16)
      put(0x90U | static_cast<unsigned>(count));
    else if (count <= UINT16_MAX)
      put_sized(0xdc, static_cast<std::uint16_t>(count));
    else
      put_sized(0xdd, static_cast<std::uint32_t>(count));
  }
  void map(std::uint16_t count) { put_sized(0xde, count); }
  // A map whose size is known only when all is in it.
  std::size_t open_map() {
    map(0);
    return bytes_.size();
  }
  void close_map(std::size_t place, std::uint16_t count) {
    bytes_[place - 2] = static_cast<std::byte>(count >> 8U);
    bytes_[place - 1] = static_cast<std::byte>(count);
  }

 private:
  void positive(std::uint64_t value) {
    if (value < 128)
      put(static_cast<unsigned>(value));
    else if (value <= UINT8_MAX)
      put_sized(0xcc, static_cast<std::uint8_t>(value));
    else if (value <= UINT16_MAX)
      put_sized(0xcd, static_cast<std::uint16_t>(value));
    else if (value <= UINT32_MAX)
      put_sized(0xce, static_cast<std::uint32_t>(value));
    else
      put_sized(0xcf, value);
  }
  void put(unsigned byte) { bytes_.push_back(static_cast<std::byte>(byte)); }
  // The lead byte, then the number with its most significant byte first.
  template <typename T>
  void put_sized(unsigned lead, T value) {
    std::array<std::byte, 1 + sizeof(T)> packed;
    packed[0] = static_cast<std::byte>(lead);
    for (std::size_t i = 0; i < sizeof(T); ++i)
      packed[1 + i] = static_cast<std::byte>(value >> (8 * (sizeof(T) - 1 - i)));
    append(packed);
  }
  void append(std::span<const std::byte> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }

  std::vector<std::byte>& bytes_;
};

}  // namespace segfleet
