// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/bmp_rle.h"

#include <algorithm>

#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

enum Escape : unsigned { kEndOfRow = 0, kEndOfPicture = 1, kJump = 2 };

// The codes, and the place in the picture that the next pixel goes to. Rows count as they are stored.
class RleDecoder {
 public:
  RleDecoder(const BmpHeader& header, std::span<const std::byte> codes, Image& image)
      : header_(header), codes_(codes), image_(image) {}

  Status decode() {
    const bool nibbles = header_.compression == BmpCompression::rle4;
    while (row_ < header_.size.height) {
      if (!has(2)) return ended();
      const unsigned count = next();
      const unsigned value = next();
      if (count > 0) {
        SEGFLEET_RETURN_IF_ERROR(nibbles ? run_of_two(count, value) : run_of_one(count, value));
      } else if (value > kJump) {
        SEGFLEET_RETURN_IF_ERROR(literal(value, nibbles));
      } else {
        SEGFLEET_RETURN_IF_ERROR(nibbles ? escape_4(value) : escape_8(value));
      }
    }
    return {};
  }

 private:
  bool has(std::size_t count) const { return count <= codes_.size() - at_; }
  unsigned next() { return std::to_integer<unsigned>(codes_[at_++]); }
  int room() const { return header_.size.width - column_; }
  static Error ended() { return truncated_picture("BMP", "before its last row"); }
  static Error too_long() { return corrupt_picture("BMP", "a run passes its row's end"); }

  void put(unsigned index) {
    const int y = header_.top_down ? row_ : header_.size.height - 1 - row_;
    std::uint8_t* to = image_.pixels.data() + static_cast<std::size_t>(y) * row_bytes(image_) +
                       static_cast<std::size_t>(column_) * 3;
    std::ranges::copy(header_.palette[index], to);
    ++column_;
  }

  void start_row() {
    column_ = 0;
    ++row_;
  }

  // `count` pixels, over row ends if need be. A full row is left at once, also when count is 0.
  void fill(std::uint64_t count, unsigned index) {
    do {
      for (; count > 0 && room() > 0; --count) put(index);
      if (room() == 0) start_row();
    } while (count > 0 && row_ < header_.size.height);
  }

  Status run_of_one(unsigned count, unsigned index) {
    if (static_cast<int>(count) > room()) return too_long();
    const int row_before = row_;
    fill(count, index);
    row_left_by_run_ = row_ != row_before;
    return {};
  }

  Status run_of_two(unsigned count, unsigned indices) {
    if (static_cast<int>(count) > room()) return too_long();
    for (unsigned i = 0; i < count; ++i) put(i % 2 == 0 ? indices >> 4 : indices & 15);
    return {};
  }

  Status literal(unsigned count, bool nibbles) {
    if (static_cast<int>(count) > room()) return too_long();
    const unsigned bytes = nibbles ? (count + 1) / 2 : count;
    const unsigned padded = (bytes + 1) / 2 * 2;
    if (!has(padded)) return ended();
    for (unsigned i = 0; i < count; ++i) {
      const auto byte = std::to_integer<unsigned>(codes_[at_ + (nibbles ? i / 2 : i)]);
      put(!nibbles ? byte : i % 2 == 0 ? byte >> 4 : byte & 15);
    }
    at_ += padded;
    row_left_by_run_ = false;
    return {};
  }

  Status escape_8(unsigned code) {
    // A run that filled its row has gone to the next one already: the end of row that follows does nothing.
    const bool already_done = code == kEndOfRow && row_left_by_run_ && column_ == 0;
    row_left_by_run_ = false;
    if (already_done) return {};
    auto skipped = static_cast<std::uint64_t>(room());
    auto rows = static_cast<std::uint64_t>(header_.size.height - row_);
    if (code == kJump) {
      if (!has(2)) return ended();
      skipped = next();
      rows = next();
    }
    if (code != kEndOfRow) skipped += rows * static_cast<std::uint64_t>(header_.size.width);
    fill(skipped, 0);
    return {};
  }

  // OpenCV takes an end of picture as an end of row, and knows no jump to another row.
  Status escape_4(unsigned code) {
    auto skipped = static_cast<std::uint64_t>(room());
    if (code == kJump) {
      if (!has(2)) return ended();
      skipped = next();
      if (next() != 0) return unsupported_picture("BMP", "4-bit runs that jump to another row");
    }
    fill(skipped, 0);
    return {};
  }

  const BmpHeader& header_;
  std::span<const std::byte> codes_;
  Image& image_;
  std::size_t at_ = 0;
  int column_ = 0;
  int row_ = 0;
  bool row_left_by_run_ = false;
};

}  // namespace

Status decode_bmp_rle(const BmpHeader& header, std::span<const std::byte> codes, Image& image) {
  return RleDecoder(header, codes, image).decode();
}

}  // namespace segfleet
