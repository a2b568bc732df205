// SPDX-License-Identifier: Apache-2.0
// Bodies of the row kernels, inlined into one function per instruction set so that each is vectorised for it.
// Included by the kernels' own source files only. Must be compiled with -ffp-contract=off.
#pragma once
#include <cmath>
#include <cstring>

#include "imaging/preprocess/row_kernels.h"

#define SEGFLEET_INLINE inline __attribute__((always_inline))

namespace segfleet::kernels {

// RGB of a pixel as floats, from either kind of row.
SEGFLEET_INLINE float channel(const std::uint8_t* bgr, int pixel, int rgb_channel) {
  return static_cast<float>(bgr[std::ptrdiff_t{3} * pixel + 2 - rgb_channel]);
}
SEGFLEET_INLINE float channel(const float* rgb, int pixel, int rgb_channel) {
  return rgb[std::ptrdiff_t{3} * pixel + rgb_channel];
}

template <typename Source>
SEGFLEET_INLINE void linear_pixels(const Source* source, const LinearAxis& axis, int first, float* out) {
  for (int i = first; i < axis.target; ++i) {
    const int left = axis.index[static_cast<std::size_t>(i)];
    const int right = left + 1 < axis.source ? left + 1 : left;
    const float weight = axis.weight[static_cast<std::size_t>(i)];
    for (int c = 0; c < 3; ++c) {
      const float a = channel(source, left, c);
      out[std::ptrdiff_t{3} * i + c] = std::fma(weight, channel(source, right, c) - a, a);
    }
  }
}

template <typename Source>
SEGFLEET_INLINE void cubic_pixels(const Source* source, const CubicAxis& axis, int first, float* out) {
  for (int i = first; i < axis.target; ++i) {
    const auto& index = axis.index[static_cast<std::size_t>(i)];
    const auto& weight = axis.weight[static_cast<std::size_t>(i)];
    for (int c = 0; c < 3; ++c) {
      const float inner =
          std::fma(channel(source, index[1], c), weight[1], channel(source, index[2], c) * weight[2]);
      const float outer =
          std::fma(channel(source, index[0], c), weight[0], channel(source, index[3], c) * weight[3]);
      out[std::ptrdiff_t{3} * i + c] = inner + outer;
    }
  }
}

SEGFLEET_INLINE void lerp_row(const float* a, const float* b, float weight, std::size_t count,
                              float* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = std::fma(weight, b[i] - a[i], a[i]);
}

SEGFLEET_INLINE void cubic_sum_row(const std::array<const float*, 4>& rows,
                                   const std::array<float, 4>& weights, std::size_t count,
                                   float* __restrict out) {
  const float* r0 = rows[0];
  const float* r1 = rows[1];
  const float* r2 = rows[2];
  const float* r3 = rows[3];
  const auto [w0, w1, w2, w3] = weights;
  for (std::size_t i = 0; i < count; ++i)
    out[i] = std::fma(r0[i], w0, r1[i] * w1) + std::fma(r2[i], w2, r3[i] * w3);
}

SEGFLEET_INLINE void widen_row(const std::uint8_t* bytes, std::size_t count, float* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(bytes[i]);
}

// A pixel and whatever follows it.
using Lanes = float __attribute__((vector_size(16)));

SEGFLEET_INLINE Lanes load_lanes(const float* pixel) {
  Lanes lanes;
  std::memcpy(&lanes, pixel, sizeof lanes);
  return lanes;
}

template <bool kSwap>
SEGFLEET_INLINE void weighted_pixels(const float* row, const WeightedAxis& axis, float* out) {
  const int* begin = axis.begin.data();
  const int* index = axis.index.data();
  const float* weight = axis.weight.data();
  const int target = axis.target();
  for (int i = 0; i < target; ++i, out += 3) {
    int tap = begin[i];
    const int end = begin[i + 1];
    Lanes sum = load_lanes(row + std::ptrdiff_t{3} * index[tap]) * weight[tap];
    for (++tap; tap < end; ++tap) sum += load_lanes(row + std::ptrdiff_t{3} * index[tap]) * weight[tap];
    if (kSwap) sum = __builtin_shufflevector(sum, sum, 2, 1, 0, 3);
    std::memcpy(out, &sum, sizeof sum);
  }
}

SEGFLEET_INLINE void weighted_row(const float* row, const WeightedAxis& axis, bool swap, float* out) {
  if (swap)
    weighted_pixels<true>(row, axis, out);
  else
    weighted_pixels<false>(row, axis, out);
}

// Several vectors at a time, so that the sums stay in registers over all rows.
SEGFLEET_INLINE void weighted_sum_row(const float* const* rows, const float* weights, int taps, bool onto,
                                      std::size_t count, float* out) {
  using Wide = float __attribute__((vector_size(32)));
  constexpr std::size_t kVectors = 4;
  constexpr std::size_t kFloats = sizeof(Wide) / sizeof(float);
  std::size_t i = 0;
  for (; i + kVectors * kFloats <= count; i += kVectors * kFloats) {
    Wide sums[kVectors];
    for (int tap = 0; tap < taps; ++tap) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        Wide values;
        std::memcpy(&values, rows[tap] + i + v * kFloats, sizeof values);
        values *= weights[tap];
        if (tap == 0 && onto) std::memcpy(&sums[v], out + i + v * kFloats, sizeof values);
        sums[v] = tap == 0 && !onto ? values : sums[v] + values;
      }
    }
    std::memcpy(out + i, sums, sizeof sums);
  }
  for (; i < count; ++i) {
    float sum = onto ? out[i] + rows[0][i] * weights[0] : rows[0][i] * weights[0];
    for (int tap = 1; tap < taps; ++tap) sum += rows[tap][i] * weights[tap];
    out[i] = sum;
  }
}

SEGFLEET_INLINE Lanes load_lanes(const std::uint8_t* pixel) {
  using Bytes = std::uint8_t __attribute__((vector_size(4)));
  using Words = int __attribute__((vector_size(16)));  // in two steps: g++ has no instruction for one
  Bytes bytes;
  std::memcpy(&bytes, pixel, sizeof bytes);
  return __builtin_convertvector(__builtin_convertvector(bytes, Words), Lanes);
}
SEGFLEET_INLINE Lanes load_pixel(const std::uint8_t* pixel) {
  return Lanes{static_cast<float>(pixel[0]), static_cast<float>(pixel[1]), static_cast<float>(pixel[2]), 0};
}
SEGFLEET_INLINE Lanes load_pixel(const float* pixel) {
  return Lanes{pixel[0], pixel[1], pixel[2], 0};
}

SEGFLEET_INLINE Lanes to_rgb(Lanes pixel, const std::uint8_t*) {
  return __builtin_shufflevector(pixel, pixel, 2, 1, 0, 3);
}
SEGFLEET_INLINE Lanes to_rgb(Lanes pixel, const float*) {
  return pixel;
}

// kExact: reads nothing behind the block's last pixel.
template <bool kExact, typename Source>
SEGFLEET_INLINE Lanes block_mean(const Source* first, std::ptrdiff_t line, Size block) {
  const int area = block.width * block.height;
  const int grouped = area / 4 * 4;
  Lanes sum{};
  Lanes group{};
  int pixel = 0;
  for (int y = 0; y < block.height; ++y) {
    const Source* at = first + y * line;
    for (int x = 0; x < block.width; ++x, ++pixel, at += 3) {
      const Lanes value = kExact ? load_pixel(at) : load_lanes(at);
      if (pixel >= grouped) {
        sum += value;
        continue;
      }
      group = pixel % 4 == 0 ? value : group + value;
      if (pixel % 4 == 3) sum += group;
    }
  }
  return sum * (1.0F / static_cast<float>(area));
}

template <typename Source>
SEGFLEET_INLINE void block_means_of(const Source* rows, int width, Size block, int count, float* out) {
  const std::ptrdiff_t line = std::ptrdiff_t{3} * width;
  for (int i = 0; i < count; ++i, rows += std::ptrdiff_t{3} * block.width, out += 3) {
    const Lanes mean =
        i + 1 < count ? block_mean<false>(rows, line, block) : block_mean<true>(rows, line, block);
    const Lanes rgb = to_rgb(mean, rows);
    std::memcpy(out, &rgb, sizeof rgb);
  }
}

// The commonest block is compiled on its own, without loops.
template <typename Source>
SEGFLEET_INLINE void block_means(const Source* rows, int width, Size block, int count, float* out) {
  if (block == Size{2, 2})
    block_means_of(rows, width, Size{2, 2}, count, out);
  else
    block_means_of(rows, width, block, count, out);
}

SEGFLEET_INLINE float normalized(float value, double mean, double std) {
  const float unit = value / 255.0F;
  const auto centred = static_cast<float>(static_cast<double>(unit) - mean);
  return static_cast<float>(static_cast<double>(centred) / std);
}

SEGFLEET_INLINE void normalize_row(float* row, std::size_t pixels, const NormalizePattern& pattern) {
  constexpr std::size_t kBlock = 24;
  const std::size_t count = pixels * 3;
  std::size_t i = 0;
  for (; i + kBlock <= count; i += kBlock)
    for (std::size_t k = 0; k < kBlock; ++k)
      row[i + k] = normalized(row[i + k], pattern.mean[k], pattern.std[k]);
  for (std::size_t k = 0; i + k < count; ++k)
    row[i + k] = normalized(row[i + k], pattern.mean[k], pattern.std[k]);
}

SEGFLEET_INLINE void convert_row(const std::uint8_t* bgr, std::size_t pixels, const ByteTables& tables,
                                 float* __restrict out) {
  for (std::size_t i = 0; i < pixels * 3; i += 3) {
    out[i] = tables[0][bgr[i + 2]];
    out[i + 1] = tables[1][bgr[i + 1]];
    out[i + 2] = tables[2][bgr[i]];
  }
}

// Pixels from `first` on.
SEGFLEET_INLINE void look_up_planes(const std::uint8_t* bgr, std::size_t first, std::size_t pixels,
                                    const ByteTables& tables, float* __restrict red, float* __restrict green,
                                    float* __restrict blue) {
  const std::uint8_t* pixel = bgr + 3 * first;
  for (std::size_t i = first; i < pixels; ++i, pixel += 3) {
    red[i] = tables[0][pixel[2]];
    green[i] = tables[1][pixel[1]];
    blue[i] = tables[2][pixel[0]];
  }
}

SEGFLEET_INLINE void split_row(const float* row, std::size_t pixels, float* __restrict red,
                               float* __restrict green, float* __restrict blue) {
  for (std::size_t i = 0; i < pixels; ++i) {
    red[i] = row[3 * i];
    green[i] = row[3 * i + 1];
    blue[i] = row[3 * i + 2];
  }
}

}  // namespace segfleet::kernels
