// SPDX-License-Identifier: Apache-2.0
#include "transport/message_pack.h"

#include <fmt/format.h>

#include <bit>
#include <limits>
#include <utility>

namespace segfleet {
namespace {

using Kind = PackedValue::Kind;

constexpr std::size_t kLikelyBytesPerValue = 8;

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, int max_depth, std::vector<PackedValue>& values)
      : bytes_(bytes), max_depth_(static_cast<std::size_t>(max_depth)), values_(values) {
    values_.clear();
    values_.reserve(bytes.size() / kLikelyBytesPerValue + 1);
    open_.clear();
  }

  Status read() {
    do read_next();
    while (error_.empty() && !open_.empty());
    if (error_.empty() && at_ < bytes_.size()) fail("there are bytes after the message");
    if (!error_.empty())
      return Error{ErrorCode::protocol_error,
                   fmt::format("message of {} bytes is no MessagePack of ours: {}", bytes_.size(), error_)};
    return {};
  }

 private:
  struct Open {
    std::uint32_t index;  // of the array or map
    std::uint64_t left;   // values still to come
  };

  void read_next() {
    PackedValue& value = values_.emplace_back();
    if (!open_.empty()) {
      --open_.back().left;
      if (values_[open_.back().index].kind == Kind::map) read_key(value);
    }
    if (!error_.empty()) return;
    value.end = static_cast<std::uint32_t>(values_.size());
    read_value(value);
    while (!open_.empty() && open_.back().left == 0) {
      values_[open_.back().index].end = static_cast<std::uint32_t>(values_.size());
      open_.pop_back();
    }
  }

  void read_key(PackedValue& value) {
    PackedValue key;
    const std::size_t start = at_;
    read_value(key);
    if (error_.empty() && key.kind != Kind::text) fail_at(start, "a map's key is no text");
    value.key = key.text;
  }

  void read_value(PackedValue& value) {
    const auto lead = static_cast<unsigned>(take(1));
    if (lead < 0x80) return set(value, Kind::positive, lead);
    if (lead < 0x90) return open(value, Kind::map, lead & 0x0fU);
    if (lead < 0xa0) return open(value, Kind::array, lead & 0x0fU);
    if (lead < 0xc0) return set_text(value, Kind::text, lead & 0x1fU);
    if (lead >= 0xe0) return set_signed(value, lead, 1);
    switch (lead) {
      case 0xc0:
        return set(value, Kind::nil, 0);
      case 0xc2:
      case 0xc3:
        return set(value, Kind::boolean, lead & 1U);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return set_text(value, Kind::binary, take(1U << (lead - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return set_text(value, Kind::binary, take(1U << (lead - 0xc7)) + 1);  // and its type
      case 0xca:
        return set_real(value, std::bit_cast<float>(static_cast<std::uint32_t>(take(4))));
      case 0xcb:
        return set(value, Kind::real, take(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return set(value, Kind::positive, take(1U << (lead - 0xcc)));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3: {
        const unsigned size = 1U << (lead - 0xd0);
        return set_signed(value, take(size), size);
      }
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return set_text(value, Kind::binary, (1U << (lead - 0xd4)) + 1);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return set_text(value, Kind::text, take(1U << (lead - 0xd9)));
      case 0xdc:
      case 0xdd:
        return open(value, Kind::array, take(2U << (lead - 0xdc)));
      case 0xde:
      case 0xdf:
        return open(value, Kind::map, take(2U << (lead - 0xde)));
      default:
        return fail_at(at_ - 1, "0xc1 begins no value");
    }
  }

  static void set(PackedValue& value, Kind kind, std::uint64_t bits) {
    value.kind = kind;
    value.bits = bits;
  }
  static void set_signed(PackedValue& value, std::uint64_t bits, unsigned size) {
    const unsigned shift = 64 - 8 * size;
    const std::int64_t number = static_cast<std::int64_t>(bits << shift) >> shift;
    set(value, number < 0 ? Kind::negative : Kind::positive, static_cast<std::uint64_t>(number));
  }
  static void set_real(PackedValue& value, double number) {
    set(value, Kind::real, std::bit_cast<std::uint64_t>(number));
  }
  void set_text(PackedValue& value, Kind kind, std::uint64_t size) {
    if (!has(size)) return;
    value.kind = kind;
    value.text = {reinterpret_cast<const char*>(bytes_.data()) + at_, static_cast<std::size_t>(size)};
    at_ += static_cast<std::size_t>(size);
  }
  void open(PackedValue& value, Kind kind, std::uint64_t count) {
    set(value, kind, count);
    if (open_.size() >= max_depth_) return fail(fmt::format("nested deeper than {} levels", max_depth_));
    open_.push_back({static_cast<std::uint32_t>(values_.size() - 1), count});
  }

  bool has(std::uint64_t size) {
    if (!error_.empty()) return false;
    if (size <= bytes_.size() - at_) return true;
    fail_at(bytes_.size(), "ends early");
    return false;
  }
  std::uint64_t take(unsigned size) {
    if (!has(size)) return 0;
    std::uint64_t number = 0;
    for (unsigned i = 0; i < size; ++i) number = number << 8U | std::to_integer<std::uint64_t>(bytes_[at_++]);
    return number;
  }
  void fail(std::string_view what) { fail_at(at_, what); }
  void fail_at(std::size_t position, std::string_view what) {
    error_ = fmt::format("at byte {}: {}", position + 1, what);
  }

  std::span<const std::byte> bytes_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::vector<PackedValue>& values_;
  inline static thread_local std::vector<Open> open_;  // innermost last; kept for its memory
  std::string error_;
};

}  // namespace

Status read_message_pack(std::span<const std::byte> bytes, int max_depth, std::vector<PackedValue>& values) {
  return Reader(bytes, max_depth, values).read();
}

}  // namespace segfleet
