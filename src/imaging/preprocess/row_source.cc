// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/row_source.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace segfleet {
namespace {

std::size_t floats_of_row(Size size) {
  return 3 * static_cast<std::size_t>(size.width);
}

std::size_t slot_floats(Size target) {
  return floats_of_row(target) + kRowSlackFloats;
}

bool shrinks(Size from, Size to) {
  return to.width <= from.width && to.height <= from.height;
}

// As OpenCV asks: its division makes 49 and some other ratios less than whole.
bool is_whole_ratio(int from, int to) {
  const double scale = 1.0 / (static_cast<double>(to) / from);
  return scale == std::floor(scale);
}

WeightRule rule_for(Size from, Size to, Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::nearest:
      return WeightRule::nearest;
    case Interpolation::linear:
      return WeightRule::linear;
    case Interpolation::cubic:
      return WeightRule::cubic;
    case Interpolation::lanczos4:
      return WeightRule::lanczos4;
    case Interpolation::area:
      break;
  }
  return shrinks(from, to) ? WeightRule::area : WeightRule::area_linear;
}

}  // namespace

void RowSource::open(const PictureView& picture, const ByteTables& tables) {
  mode_ = Mode::copy;
  picture_ = picture;
  target_ = picture.size;
  tables_ = &tables;
}

RowSource::Mode RowSource::mode_for(Size from, Size to, Interpolation interpolation) {
  const int shortest = std::min(from.width, from.height);
  const bool whole_blocks =
      shrinks(from, to) && is_whole_ratio(from.width, to.width) && is_whole_ratio(from.height, to.height);
  if (interpolation == Interpolation::linear && shortest >= 2) return Mode::linear;
  if (interpolation == Interpolation::cubic && shortest >= 4) return Mode::cubic;
  return interpolation == Interpolation::area && whole_blocks ? Mode::blocks : Mode::weighted;
}

void RowSource::open_resized(const PictureView& picture, Size target, Interpolation interpolation) {
  picture_ = picture;
  target_ = target;
  mode_ = mode_for(picture.size, target, interpolation);
  if (mode_ == Mode::weighted) {
    weighted_.open(picture, target, rule_for(picture.size, target, interpolation));
  } else if (mode_ == Mode::blocks) {
    block_ = {picture.size.width / target.width, picture.size.height / target.height};
  } else {
    open_stretched();
  }
}

void RowSource::open_stretched() {
  row_in_slot_.fill(-1);
  stretched_rows_.reserve(4 * slot_floats(target_));
  if (mode_ == Mode::linear) {
    linear_x_.prepare(picture_.size.width, target_.width);
    linear_y_.prepare(picture_.size.height, target_.height);
  } else {
    cubic_x_.prepare(picture_.size.width, target_.width);
    cubic_y_.prepare(picture_.size.height, target_.height);
  }
}

void RowSource::row(int y, float* out) {
  switch (mode_) {
    case Mode::linear:
      linear_row(y, out);
      return;
    case Mode::cubic:
      cubic_row(y, out);
      return;
    case Mode::weighted:
      weighted_.row(y, out);
      return;
    case Mode::blocks:
      block_row(y, out);
      return;
    case Mode::copy:
      break;
  }
  const std::size_t offset = static_cast<std::size_t>(y) * floats_of_row(target_);
  if (picture_.bgr != nullptr)
    kernels_.convert(picture_.bgr + offset, static_cast<std::size_t>(target_.width), *tables_, out);
  else
    std::memcpy(out, picture_.rgb + offset, floats_of_row(target_) * sizeof(float));
}

const float* RowSource::stretched(int source_row) {
  const auto slot = static_cast<std::size_t>(source_row) % row_in_slot_.size();
  float* out = stretched_rows_.data() + slot * slot_floats(target_);
  if (row_in_slot_[slot] == source_row) return out;
  row_in_slot_[slot] = source_row;
  const std::size_t offset = static_cast<std::size_t>(source_row) * floats_of_row(picture_.size);
  if (mode_ == Mode::linear && picture_.bgr != nullptr)
    kernels_.linear_from_bytes(picture_.bgr + offset, linear_x_, out);
  else if (mode_ == Mode::linear)
    kernels_.linear_from_floats(picture_.rgb + offset, linear_x_, out);
  else if (picture_.bgr != nullptr)
    kernels_.cubic_from_bytes(picture_.bgr + offset, cubic_x_, out);
  else
    kernels_.cubic_from_floats(picture_.rgb + offset, cubic_x_, out);
  return out;
}

void RowSource::linear_row(int y, float* out) {
  const int upper = linear_y_.index[static_cast<std::size_t>(y)];
  const float weight = linear_y_.weight[static_cast<std::size_t>(y)];
  const float* a = stretched(upper);
  const float* b = stretched(std::min(upper + 1, picture_.size.height - 1));
  kernels_.lerp(a, b, weight, floats_of_row(target_), out);
  // IPP works on groups of four floats between the left and the right border; what is left over it does
  // without fused multiply-add.
  const std::size_t end = 3 * static_cast<std::size_t>(linear_x_.interior_end);
  const std::size_t inside = 3 * static_cast<std::size_t>(linear_x_.interior_end - linear_x_.interior_begin);
  for (std::size_t i = end - inside % 4; i < end; ++i) out[i] = a[i] + weight * (b[i] - a[i]);
}

void RowSource::cubic_row(int y, float* out) {
  std::array<const float*, 4> rows{};
  const auto& index = cubic_y_.index[static_cast<std::size_t>(y)];
  for (std::size_t tap = 0; tap < rows.size(); ++tap) rows[tap] = stretched(index[tap]);
  kernels_.cubic_sum(rows, cubic_y_.weight[static_cast<std::size_t>(y)], floats_of_row(target_), out);
}

void RowSource::block_row(int y, float* out) {
  const std::size_t offset =
      static_cast<std::size_t>(y) * static_cast<std::size_t>(block_.height) * floats_of_row(picture_.size);
  if (picture_.bgr != nullptr)
    kernels_.block_means_from_bytes(picture_.bgr + offset, picture_.size.width, block_, target_.width, out);
  else
    kernels_.block_means_from_floats(picture_.rgb + offset, picture_.size.width, block_, target_.width, out);
}

}  // namespace segfleet
