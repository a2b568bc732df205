// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/byte_resize.h"

#include <algorithm>
#include <cmath>

namespace segfleet {
namespace {

constexpr float kWeightOne = 2048;

std::size_t row_bytes(Size size) {
  return 3 * static_cast<std::size_t>(size.width);
}

}  // namespace

Status ByteResizer::resize(const Image& image, Size target, Interpolation interpolation,
                           const Image*& result) {
  result_.size = target;
  result_.pixels.resize(row_bytes(target) * static_cast<std::size_t>(target.height));
  result = &result_;
  if (interpolation != Interpolation::linear) return by_floats(image, interpolation);
  if (image.size.width == 2 * target.width && image.size.height == 2 * target.height)
    halve(image);
  else
    linear(image);
  return {};
}

void ByteResizer::halve(const Image& image) {
  const std::size_t bytes = row_bytes(image.size);
  std::uint8_t* out = result_.pixels.data();
  for (int y = 0; y < result_.size.height; ++y) {
    const std::uint8_t* upper = image.pixels.data() + 2 * static_cast<std::size_t>(y) * bytes;
    const std::uint8_t* lower = upper + bytes;
    for (int x = 0; x < result_.size.width; ++x, upper += 6, lower += 6)
      for (int c = 0; c < 3; ++c)
        *out++ = static_cast<std::uint8_t>((upper[c] + upper[c + 3] + lower[c] + lower[c + 3] + 2) >> 2);
  }
}

// OpenCV cuts the place to the picture across, where nothing lies outside then; down it repeats the edge row
// and keeps the fraction, which rounds otherwise.
void ByteResizer::prepare(int source, int target, bool cut_outside, std::vector<Pair>& pairs) {
  pairs.clear();
  const double scale = static_cast<double>(source) / target;
  for (int i = 0; i < target; ++i) {
    const auto place = static_cast<float>((i + 0.5) * scale - 0.5);
    const int low = static_cast<int>(std::floor(place));
    float fraction = place - static_cast<float>(low);
    if (cut_outside && (low < 0 || low >= source - 1)) fraction = 0;
    pairs.push_back({std::clamp(low, 0, source - 1), std::clamp(low + 1, 0, source - 1),
                     static_cast<int>(std::lrint((1 - fraction) * kWeightOne)),
                     static_cast<int>(std::lrint(fraction * kWeightOne))});
  }
}

const int* ByteResizer::stretched(const Image& image, int source_row) {
  const auto slot = static_cast<std::size_t>(source_row) % row_in_slot_.size();
  int* const row = stretched_rows_.data() + slot * row_bytes(result_.size);
  if (row_in_slot_[slot] == source_row) return row;
  row_in_slot_[slot] = source_row;
  const std::uint8_t* bytes =
      image.pixels.data() + static_cast<std::size_t>(source_row) * row_bytes(image.size);
  int* out = row;
  for (const Pair& column : columns_) {
    const std::uint8_t* first = bytes + std::ptrdiff_t{3} * column.first;
    const std::uint8_t* second = bytes + std::ptrdiff_t{3} * column.second;
    for (int c = 0; c < 3; ++c)
      *out++ = (first[c] * column.first_weight + second[c] * column.second_weight) >> 4;
  }
  return row;
}

void ByteResizer::linear(const Image& image) {
  prepare(image.size.width, result_.size.width, true, columns_);
  prepare(image.size.height, result_.size.height, false, rows_);
  const std::size_t count = row_bytes(result_.size);
  stretched_rows_.resize(row_in_slot_.size() * count);
  row_in_slot_.fill(-1);
  std::uint8_t* out = result_.pixels.data();
  for (const Pair& pair : rows_) {
    const int* upper = stretched(image, pair.first);
    const int* lower = stretched(image, pair.second);
    for (std::size_t i = 0; i < count; ++i) {
      const int quarters = ((upper[i] * pair.first_weight) >> 16) + ((lower[i] * pair.second_weight) >> 16);
      out[i] = static_cast<std::uint8_t>((quarters + 2) >> 2);
    }
    out += count;
  }
}

Status ByteResizer::by_floats(const Image& image, Interpolation interpolation) {
  SEGFLEET_RETURN_IF_ERROR(
      source_.open_resized({image.pixels.data(), nullptr, image.size}, result_.size, interpolation));
  const std::size_t count = row_bytes(result_.size);
  float* row = row_.reserve(count + kRowSlackFloats);
  std::uint8_t* out = result_.pixels.data();
  for (int y = 0; y < result_.size.height; ++y, out += count) {
    source_.row(y, row);
    for (std::size_t i = 0; i < count; i += 3)
      for (std::size_t c = 0; c < 3; ++c)
        out[i + c] = static_cast<std::uint8_t>(std::clamp(std::lrint(row[i + 2 - c]), 0L, 255L));
  }
  return {};
}

}  // namespace segfleet
