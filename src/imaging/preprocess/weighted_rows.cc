// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/weighted_rows.h"

#include <algorithm>
#include <cstring>

namespace segfleet {
namespace {

std::size_t floats_of_row(Size size) {
  return 3 * static_cast<std::size_t>(size.width);
}

}  // namespace

void WeightedRows::open(const PictureView& picture, Size target, WeightRule rule) {
  picture_ = picture;
  target_ = target;
  rule_ = rule;
  across_.prepare(rule, Direction::across, picture.size.width, target.width);
  down_.prepare(rule, Direction::down, picture.size.height, target.height);
  source_row_.reserve(floats_of_row(picture.size) + kRowSlackFloats);
  stretched_rows_.reserve(kSlots * (floats_of_row(target) + kRowSlackFloats));
  row_in_slot_.fill(-1);
}

void WeightedRows::row(int y, float* out) {
  const auto at = static_cast<std::size_t>(y);
  add_up(static_cast<std::size_t>(down_.begin[at]), static_cast<std::size_t>(down_.begin[at + 1]), out);
}

// Floats are rounded after each step, so the order counts. OpenCV's AREA adds from the first tap on; the
// others add from the last one, but for what is left of a row after groups of four floats.
void WeightedRows::add_up(std::size_t first, std::size_t end, float* out) {
  const std::size_t count = floats_of_row(target_);
  const std::size_t from_last = rule_ == WeightRule::area ? 0 : count / 4 * 4;
  std::array<const float*, kSlots> rows{};
  std::array<float, kSlots> weights{};
  for (std::size_t tap = first; tap < end; tap += kSlots) {  // AREA alone can have more taps than slots
    const std::size_t taps = std::min(kSlots, end - tap);
    for (std::size_t k = 0; k < taps; ++k) {
      rows[k] = stretched(down_.index[tap + k]) + from_last;
      weights[k] = down_.weight[tap + k];
    }
    kernels_.weighted_sum(rows.data(), weights.data(), static_cast<int>(taps), tap != first,
                          count - from_last, out + from_last);
  }
  if (from_last == 0) return;
  const std::size_t taps = end - first;
  for (std::size_t k = 0; k < taps; ++k) {
    rows[k] = stretched(down_.index[end - 1 - k]);
    weights[k] = down_.weight[end - 1 - k];
  }
  kernels_.weighted_sum(rows.data(), weights.data(), static_cast<int>(taps), false, from_last, out);
}

const float* WeightedRows::stretched(int source_row) {
  const auto slot = static_cast<std::size_t>(source_row) % kSlots;
  float* out = stretched_rows_.data() + slot * (floats_of_row(target_) + kRowSlackFloats);
  if (row_in_slot_[slot] == source_row) return out;
  row_in_slot_[slot] = source_row;
  // Copied, so that the pass across may read a whole vector at the last pixel.
  const std::size_t count = floats_of_row(picture_.size);
  const std::size_t offset = static_cast<std::size_t>(source_row) * count;
  float* floats = source_row_.data();
  if (picture_.bgr != nullptr)
    kernels_.widen(picture_.bgr + offset, count, floats);
  else
    std::memcpy(floats, picture_.rgb + offset, count * sizeof(float));
  kernels_.weighted(floats, across_, picture_.bgr != nullptr, out);
  return out;
}

}  // namespace segfleet
