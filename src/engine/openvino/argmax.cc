// SPDX-License-Identifier: Apache-2.0
// Compiled with -O3 and without contraction to fused multiply-add,
// so that every machine gives the same labels.
#include "engine/openvino/argmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

// One copy for each vector width, chosen when the library is loaded.
// The sanitizers are not up yet at that moment.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define SEGFLEET_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SEGFLEET_VECTOR_CLONES
#endif

namespace segfleet {
namespace {

// A NaN would beat every class after it.
inline float not_nan(float score) {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  return score > kLowest ? score : kLowest;
}

constexpr int kBlock = 128;  // pixels whose best score and label stay in the first-level cache

// labels[x] = first class with the highest above[c][x] + weight * (below[c][x] - above[c][x]).
SEGFLEET_VECTOR_CLONES
void blend_argmax_block(const float* __restrict above, const float* __restrict below,
                        std::size_t class_stride, int classes, float weight, int count,
                        std::uint8_t* __restrict labels) {
  float best[kBlock];
  std::int32_t label[kBlock];
  for (int x = 0; x < count; ++x) {
    best[x] = not_nan(above[x] + weight * (below[x] - above[x]));
    label[x] = 0;
  }
  for (int c = 1; c < classes; ++c) {
    const float* __restrict a = above + class_stride * static_cast<std::size_t>(c);
    const float* __restrict b = below + class_stride * static_cast<std::size_t>(c);
    for (int x = 0; x < count; ++x) {
      const float score = a[x] + weight * (b[x] - a[x]);
      const bool higher = score > best[x];
      best[x] = higher ? score : best[x];
      label[x] = higher ? c : label[x];
    }
  }
  for (int x = 0; x < count; ++x) labels[x] = static_cast<std::uint8_t>(label[x]);
}

}  // namespace

void argmax_channels_last(const float* scores, std::size_t pixels, int classes, std::uint8_t* labels) {
  for (std::size_t pixel = 0; pixel < pixels; ++pixel, scores += classes) {
    float best = not_nan(scores[0]);
    int label = 0;
    for (int c = 1; c < classes; ++c) {
      const bool higher = scores[c] > best;
      best = higher ? scores[c] : best;
      label = higher ? c : label;
    }
    labels[pixel] = static_cast<std::uint8_t>(label);
  }
}

std::vector<Sample> linear_samples(int in, int out, bool align_corners) {
  std::vector<Sample> samples(static_cast<std::size_t>(out));
  const double scale = align_corners ? (out > 1 ? double(in - 1) / (out - 1) : 0.0) : double(in) / out;
  for (int o = 0; o < out; ++o) {
    const double at = align_corners ? o * scale : (o + 0.5) * scale - 0.5;
    const double inside = std::clamp(at, 0.0, static_cast<double>(in - 1));
    const auto low = static_cast<std::int32_t>(std::floor(inside));
    samples[static_cast<std::size_t>(o)] = {low, std::min(low + 1, in - 1), static_cast<float>(inside - low)};
  }
  return samples;
}

UpsampleArgmax::UpsampleArgmax(int classes, int in_height, int in_width, int out_height, int out_width,
                               bool align_corners)
    : classes_(classes),
      in_height_(in_height),
      in_width_(in_width),
      vertical_(linear_samples(in_height, out_height, align_corners)),
      horizontal_(linear_samples(in_width, out_width, align_corners)) {}

// The source row at output width, all classes. Two rows are kept: consecutive output rows share them.
const float* UpsampleArgmax::widened_row(const float* scores, std::int32_t row, std::int32_t keep,
                                         Scratch& scratch) const {
  for (int slot = 0; slot < 2; ++slot)
    if (scratch.source[slot] == row) return scratch.rows[slot].data();
  const int slot = scratch.source[0] == keep ? 1 : 0;
  scratch.source[slot] = row;
  const std::size_t width = horizontal_.size();
  scratch.rows[slot].resize(width * static_cast<std::size_t>(classes_));
  for (int c = 0; c < classes_; ++c) {
    const float* from = scores + (static_cast<std::size_t>(c) * in_height_ + row) * in_width_;
    float* to = scratch.rows[slot].data() + static_cast<std::size_t>(c) * width;
    for (std::size_t x = 0; x < width; ++x) {
      const Sample& sample = horizontal_[x];
      to[x] = from[sample.low] + sample.weight * (from[sample.high] - from[sample.low]);
    }
  }
  return scratch.rows[slot].data();
}

void UpsampleArgmax::run(const float* scores, int first_row, int last_row, std::uint8_t* labels,
                         Scratch& scratch) const {
  scratch.source[0] = scratch.source[1] = -1;  // rows of another item
  const int width = out_width();
  for (int y = first_row; y < last_row; ++y) {
    const Sample& sample = vertical_[static_cast<std::size_t>(y)];
    const float* above = widened_row(scores, sample.low, sample.high, scratch);
    const float* below = widened_row(scores, sample.high, sample.low, scratch);
    std::uint8_t* row = labels + static_cast<std::size_t>(y) * width;
    for (int x = 0; x < width; x += kBlock)
      blend_argmax_block(above + x, below + x, static_cast<std::size_t>(width), classes_, sample.weight,
                         std::min(kBlock, width - x), row + x);
  }
}

}  // namespace segfleet
