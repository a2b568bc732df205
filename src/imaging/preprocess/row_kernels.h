// SPDX-License-Identifier: Apache-2.0
// The inner loops of the transforms, one row at a time. Rows are float32 RGB, interleaved, unless said
// otherwise. Every version gives the same bits: fused multiply-add is exact everywhere, only slow where the
// CPU lacks it. Thread-safety: free of state.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "imaging/preprocess/byte_levels.h"
#include "imaging/preprocess/resize_axis.h"
#include "imaging/preprocess/weighted_axis.h"
#include "segfleet/image.h"

namespace segfleet {

// A row buffer must have this many floats to spare at its end: kernels write whole vectors.
inline constexpr std::size_t kRowSlackFloats = 8;

// Eight pixels' worth of a repeating RGB triple, so that loops over interleaved rows need no modulo.
struct NormalizePattern {
  std::array<double, 24> mean;
  std::array<double, 24> std;
};

struct RowKernels {
  // One source row stretched to axis.target pixels. `bgr`: 8 bits, as decoded. Requires axis.source >= 2.
  void (*linear_from_bytes)(const std::uint8_t* bgr, const LinearAxis& axis, float* out);
  void (*linear_from_floats)(const float* rgb, const LinearAxis& axis, float* out);
  void (*cubic_from_bytes)(const std::uint8_t* bgr, const CubicAxis& axis, float* out);
  void (*cubic_from_floats)(const float* rgb, const CubicAxis& axis, float* out);
  // out = a + weight * (b - a), fused.
  void (*lerp)(const float* a, const float* b, float weight, std::size_t count, float* out);
  // out = the four rows' weighted sum, two pairs of them, each fused.
  void (*cubic_sum)(const std::array<const float*, 4>& rows, const std::array<float, 4>& weights,
                    std::size_t count, float* out);
  // Bytes to floats as they lie.
  void (*widen)(const std::uint8_t* bytes, std::size_t count, float* out);
  // One row of floats, with kRowSlackFloats to spare, weighted to axis.target() pixels, taps added in order.
  // `swap`: red and blue change places.
  void (*weighted)(const float* row, const WeightedAxis& axis, bool swap, float* out);
  // out = the rows' weighted sum, added from the first row on; `onto`: out += it, row by row.
  // Requires: at least one row. Each step is rounded.
  void (*weighted_sum)(const float* const* rows, const float* weights, int taps, bool onto, std::size_t count,
                       float* out);
  // Means of `count` blocks side by side; `rows` points to the first one in a picture of `width` pixels. Each
  // block is added up line after line, four pixels at a time, as OpenCV does.
  void (*block_means_from_bytes)(const std::uint8_t* rows, int width, Size block, int count, float* out);
  void (*block_means_from_floats)(const float* rows, int width, Size block, int count, float* out);
  // (x / 255 - mean) / std as NumPy does it on float32 with float64 mean and std: each step in double,
  // rounded to float after it.
  void (*normalize)(float* row, std::size_t pixels, const NormalizePattern& pattern);
  // Bytes to floats through the tables, blue and red swapped.
  void (*convert)(const std::uint8_t* bgr, std::size_t pixels, const ByteTables& tables, float* out);
  // The same at once to three planes, of a whole picture or a row.
  void (*planes_from_bytes)(const std::uint8_t* bgr, std::size_t pixels, const ByteLevels& levels, float* red,
                            float* green, float* blue);
  // Interleaved to three planes.
  void (*split)(const float* row, std::size_t pixels, float* red, float* green, float* blue);
};

const RowKernels& portable_row_kernels();
const RowKernels& fastest_row_kernels();  // for the CPU that this runs on

}  // namespace segfleet
