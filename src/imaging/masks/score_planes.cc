// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/score_planes.h"

namespace segfleet {

void RowInterpolator::start(Size from, Size to, Size visible) {
  linear_taps(from.width, to.width, columns_);
  linear_taps(from.height, to.height, rows_);
  const auto width = static_cast<std::size_t>(visible.width);
  for (Gathered& gathered : recent_) {
    gathered.source = nullptr;
    gathered.first.resize(width);
    gathered.second.resize(width);
  }
}

const RowInterpolator::Gathered& RowInterpolator::gathered(const float* source) {
  for (std::size_t i = 0; i < recent_.size(); ++i) {
    if (recent_[i].source == source) {
      oldest_ = i ^ 1U;
      return recent_[i];
    }
  }
  Gathered& target = recent_[oldest_];
  oldest_ ^= 1U;
  target.source = source;
  const std::int32_t* first = columns_.first.data();
  const std::int32_t* second = columns_.second.data();
  for (std::size_t x = 0; x < target.first.size(); ++x) {
    target.first[x] = source[first[x]];
    target.second[x] = source[second[x]];
  }
  return target;
}

void RowInterpolator::row(const ScorePlanes& planes, int plane, int y, float* out) {
  const float* upper_source = planes.row(plane, rows_.first[y]);
  const float* lower_source = planes.row(plane, rows_.second[y]);
  const Gathered& upper = gathered(upper_source);
  const Gathered& lower = gathered(lower_source);  // takes the other of the two places
  const float upper_weight = rows_.first_weight[y];
  const float lower_weight = rows_.second_weight[y];
  const float* left_weight = columns_.first_weight.data();
  const float* right_weight = columns_.second_weight.data();
  const float* upper_left = upper.first.data();
  const float* upper_right = upper.second.data();
  const float* lower_left = lower.first.data();
  const float* lower_right = lower.second.data();
  const std::size_t width = upper.first.size();
  for (std::size_t x = 0; x < width; ++x) {
    out[x] = upper_left[x] * upper_weight * left_weight[x] + lower_left[x] * lower_weight * left_weight[x] +
             upper_right[x] * upper_weight * right_weight[x] +
             lower_right[x] * lower_weight * right_weight[x];
  }
}

}  // namespace segfleet
