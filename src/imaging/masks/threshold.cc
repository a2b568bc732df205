// SPDX-License-Identifier: Apache-2.0
// Compiled with -O3 and -ffp-contract=off.
#include "imaging/masks/threshold.h"

#include <algorithm>
#include <cmath>

#include "imaging/masks/float_exp.h"

namespace segfleet {
namespace {

float sigmoid(float x) {
  const float small = exp_of_negative(x < 0 ? x : -x);
  return (x < 0 ? small : 1.0F) / (1.0F + small);
}

}  // namespace

float score_at(float threshold, ScoreKind kind) {
  if (kind == ScoreKind::probabilities) return threshold;
  return static_cast<float>(std::log(double{threshold} / (1.0 - double{threshold})));
}

void threshold_row(const float* values, int classes, std::size_t stride, std::size_t columns, ScoreKind kind,
                   float threshold, std::uint8_t* labels, float* probabilities) {
  const float limit = score_at(threshold, kind);
  const float* zero = values;  // of class 0, where it has a plane of its own
  const float* one = classes == 2 ? values + stride : values;
  for (std::size_t i = 0; i < columns; ++i) {
    if (kind == ScoreKind::probabilities) {
      const bool is_one = one[i] > limit;
      labels[i] = is_one ? 1 : 0;
      probabilities[i] = is_one ? one[i] : classes == 2 ? zero[i] : 1.0F - one[i];
    } else {
      const float odds = classes == 2 ? one[i] - zero[i] : one[i];
      const bool is_one = odds > limit;
      labels[i] = is_one ? 1 : 0;
      probabilities[i] = std::isnan(odds) ? 0.0F : sigmoid(is_one ? odds : -odds);
    }
  }
}

void multi_label_row(const float* values, int classes, std::size_t stride, std::size_t columns, float limit,
                     std::uint8_t* labels) {
  std::fill_n(labels, columns, std::uint8_t{0});
  for (int c = 0; c < classes; ++c, values += stride) {
    const auto term = static_cast<std::uint8_t>(c + 1);
    for (std::size_t i = 0; i < columns; ++i)
      labels[i] = static_cast<std::uint8_t>(labels[i] + (values[i] > limit ? term : 0));
  }
}

void invert_row(const float* sums, std::size_t columns, float* probabilities) {
  for (std::size_t i = 0; i < columns; ++i) probabilities[i] = sums[i] > 0 ? 1.0F / sums[i] : 0.0F;
}

void level_row(const float* probabilities, std::size_t columns, std::uint8_t* levels) {
  for (std::size_t i = 0; i < columns; ++i) {
    const float p = probabilities[i] > 0 ? probabilities[i] : 0.0F;  // also NaN
    const float level = (p < 1 ? p : 1.0F) * 255.0F;
    // Of 0 to 255 this rounds as it should, and it is vectorised.
    levels[i] = static_cast<std::uint8_t>(level + 0.5F);  // NOLINT(bugprone-incorrect-roundings)
  }
}

void mark_unknown_row(const float* probabilities, std::size_t columns, float min_confidence,
                      std::uint8_t unknown_class, std::uint8_t* labels) {
  for (std::size_t i = 0; i < columns; ++i)
    labels[i] = probabilities[i] >= min_confidence ? labels[i] : unknown_class;
}

}  // namespace segfleet
