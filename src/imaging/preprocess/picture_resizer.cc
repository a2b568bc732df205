// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/picture_resizer.h"

#include <cmath>

namespace segfleet {
namespace {

constexpr int kWeightOne = 2048;
// Sums across are cut to 128ths, so that they fit 16 bits; sums down are cut to quarters, then rounded.
constexpr int kAcrossShift = 4;
constexpr int kDownShift = 16;

std::int16_t fixed_weight(float weight) {
  return static_cast<std::int16_t>(std::lrint(weight * kWeightOne));
}

std::size_t row_bytes(Size size) {
  return 3 * static_cast<std::size_t>(size.width);
}

void halve(const ImageView& image, Image& resized) {
  const std::size_t from_row = row_bytes(image.size);
  std::uint8_t* out = resized.pixels.data();
  for (int y = 0; y < resized.size.height; ++y) {
    const std::uint8_t* upper = image.pixels + 2 * static_cast<std::size_t>(y) * from_row;
    const std::uint8_t* lower = upper + from_row;
    for (int x = 0; x < resized.size.width; ++x, upper += 6, lower += 6)
      for (int c = 0; c < 3; ++c)
        *out++ = static_cast<std::uint8_t>((upper[c] + upper[c + 3] + lower[c] + lower[c + 3] + 2) >> 2);
  }
}

void blend_down(const std::int16_t* upper, const std::int16_t* lower, int upper_weight, int lower_weight,
                std::size_t count, std::uint8_t* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) {
    const int quarters =
        ((upper[i] * upper_weight) >> kDownShift) + ((lower[i] * lower_weight) >> kDownShift);
    out[i] = static_cast<std::uint8_t>((quarters + 2) >> 2);
  }
}

}  // namespace

void PictureResizer::resize(const ImageView& image, Size size, Image& resized) {
  resized.size = size;
  resized.pixels.resize(row_bytes(size) * static_cast<std::size_t>(size.height));
  if (image.size.width == 2 * size.width && image.size.height == 2 * size.height) {
    halve(image, resized);
    return;
  }
  across_.prepare(WeightRule::linear, Direction::across, image.size.width, size.width);
  down_.prepare(WeightRule::linear, Direction::down, image.size.height, size.height);
  pair_up(across_, columns_);
  pair_up(down_, rows_);
  stretched_rows_.resize(row_in_slot_.size() * row_bytes(size));
  row_in_slot_.fill(-1);
  std::uint8_t* out = resized.pixels.data();
  for (const Pair& row : rows_) {
    const std::int16_t* upper = stretched(image, row.first);
    const std::int16_t* lower = stretched(image, row.second);
    blend_down(upper, lower, row.first_weight, row.second_weight, row_bytes(size), out);
    out += row_bytes(size);
  }
}

void PictureResizer::pair_up(const WeightedAxis& axis, std::vector<Pair>& pairs) {
  pairs.clear();
  for (std::size_t i = 0; i + 1 < axis.begin.size(); ++i) {
    const auto first = static_cast<std::size_t>(axis.begin[i]);
    const auto last = static_cast<std::size_t>(axis.begin[i + 1]) - 1;
    const std::int16_t second_weight = last == first ? std::int16_t{0} : fixed_weight(axis.weight[last]);
    pairs.push_back({axis.index[first], axis.index[last], fixed_weight(axis.weight[first]), second_weight});
  }
}

const std::int16_t* PictureResizer::stretched(const ImageView& image, int source_row) {
  const auto slot = static_cast<std::size_t>(source_row) % row_in_slot_.size();
  std::int16_t* const row = stretched_rows_.data() + slot * stretched_rows_.size() / row_in_slot_.size();
  if (row_in_slot_[slot] == source_row) return row;
  row_in_slot_[slot] = source_row;
  const std::uint8_t* source = image.pixels + static_cast<std::size_t>(source_row) * row_bytes(image.size);
  std::int16_t* out = row;
  for (const Pair& column : columns_) {
    const std::uint8_t* a = source + std::ptrdiff_t{3} * column.first;
    const std::uint8_t* b = source + std::ptrdiff_t{3} * column.second;
    for (int c = 0; c < 3; ++c)
      *out++ = static_cast<std::int16_t>((a[c] * column.first_weight + b[c] * column.second_weight) >>
                                         kAcrossShift);
  }
  return row;
}

}  // namespace segfleet
