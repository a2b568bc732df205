// SPDX-License-Identifier: Apache-2.0
// Compiled with -O3 and -ffp-contract=off.
#include "imaging/masks/threshold.h"

#include <algorithm>
#include <cmath>

#include "imaging/masks/float_exp.h"
#include "imaging/masks/vectors.h"

namespace segfleet {
namespace {

constexpr std::size_t kWidth = 4;  // what every processor has
using Floats = VectorsOf<kWidth>::Floats;
using Ints = VectorsOf<kWidth>::Ints;

void become_sigmoid(Floats& x) {
  const Ints is_negative = x < 0;
  Floats small = is_negative ? x : -x;
  become_exp_of_negative<Floats, Ints>(small);
  x = (is_negative ? small : Floats{} + 1.0F) / (1.0F + small);
}

void store_bytes(const Ints& values, std::uint8_t* to) {
  store(__builtin_convertvector(values, VectorsOf<kWidth>::Bytes), to);
}

}  // namespace

float score_at(float threshold, ScoreKind kind) {
  if (kind == ScoreKind::probabilities) return threshold;
  return static_cast<float>(std::log(double{threshold} / (1.0 - double{threshold})));
}

void threshold_row(const float* values, int classes, std::size_t stride, std::size_t columns, ScoreKind kind,
                   float threshold, std::uint8_t* labels, float* probabilities) {
  const float limit = score_at(threshold, kind);
  const float* zeros = values;  // of class 0, where it has a plane of its own
  const float* ones = classes == 2 ? values + stride : values;
  for (std::size_t i = 0; i < columns; i += kWidth) {
    Floats zero;
    Floats one;
    load(zero, zeros + i);
    load(one, ones + i);
    Ints is_one;
    Floats probability;
    if (kind == ScoreKind::probabilities) {
      is_one = one > limit;
      probability = is_one ? one : classes == 2 ? zero : 1.0F - one;
    } else {
      const Floats odds = classes == 2 ? one - zero : one;
      is_one = odds > limit;
      probability = is_one ? odds : -odds;
      become_sigmoid(probability);
      probability = odds == odds ? probability : Floats{};  // not of NaN
    }
    store_bytes(is_one & 1, labels + i);
    store(probability, probabilities + i);
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
  for (std::size_t i = 0; i < columns; i += kWidth) {
    Floats sum;
    load(sum, sums + i);
    store(sum > 0 ? 1.0F / sum : Floats{}, probabilities + i);
  }
}

void level_row(const float* probabilities, std::size_t columns, std::uint8_t* levels) {
  const Floats none{};
  const Floats all = none + 1.0F;
  for (std::size_t i = 0; i < columns; i += kWidth) {
    Floats p;
    load(p, probabilities + i);
    p = p > none ? p : none;  // also NaN
    p = p < all ? p : all;
    store_bytes(__builtin_convertvector(p * 255.0F + 0.5F, Ints),
                levels + i);  // which rounds what is not negative
  }
}

void mark_unknown_row(const float* probabilities, std::size_t columns, float min_confidence,
                      std::uint8_t unknown_class, std::uint8_t* labels) {
  for (std::size_t i = 0; i < columns; ++i)
    labels[i] = probabilities[i] >= min_confidence ? labels[i] : unknown_class;
}

}  // namespace segfleet
