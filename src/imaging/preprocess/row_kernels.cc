// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/row_kernels.h"

#include "imaging/preprocess/row_kernels_avx2.h"
#include "imaging/preprocess/row_kernels_impl.h"

namespace segfleet {

const RowKernels& portable_row_kernels() {
  static const RowKernels kernels = {
      [](const std::uint8_t* bgr, const LinearAxis& axis, float* out) {
        kernels::linear_pixels(bgr, axis, 0, out);
      },
      [](const float* rgb, const LinearAxis& axis, float* out) { kernels::linear_pixels(rgb, axis, 0, out); },
      [](const std::uint8_t* bgr, const CubicAxis& axis, float* out) {
        kernels::cubic_pixels(bgr, axis, 0, out);
      },
      [](const float* rgb, const CubicAxis& axis, float* out) { kernels::cubic_pixels(rgb, axis, 0, out); },
      [](const float* a, const float* b, float weight, std::size_t count, float* out) {
        kernels::lerp_row(a, b, weight, count, out);
      },
      [](const std::array<const float*, 4>& rows, const std::array<float, 4>& weights, std::size_t count,
         float* out) { kernels::cubic_sum_row(rows, weights, count, out); },
      [](const std::uint8_t* bytes, std::size_t count, float* out) { kernels::widen_row(bytes, count, out); },
      [](const float* row, const WeightedAxis& axis, bool swap, float* out) {
        kernels::weighted_row(row, axis, swap, out);
      },
      [](const float* const* rows, const float* weights, int taps, bool onto, std::size_t count, float* out) {
        kernels::weighted_sum_row(rows, weights, taps, onto, count, out);
      },
      [](const std::uint8_t* rows, int width, Size block, int count, float* out) {
        kernels::block_means(rows, width, block, count, out);
      },
      [](const float* rows, int width, Size block, int count, float* out) {
        kernels::block_means(rows, width, block, count, out);
      },
      [](float* row, std::size_t pixels, const NormalizePattern& pattern) {
        kernels::normalize_row(row, pixels, pattern);
      },
      [](const std::uint8_t* bgr, std::size_t pixels, const ByteTables& tables, float* out) {
        kernels::convert_row(bgr, pixels, tables, out);
      },
      [](const std::uint8_t* bgr, std::size_t pixels, const ByteLevels& levels, float* red, float* green,
         float* blue) { kernels::look_up_planes(bgr, 0, pixels, levels.tables, red, green, blue); },
      [](const float* row, std::size_t pixels, float* red, float* green, float* blue) {
        kernels::split_row(row, pixels, red, green, blue);
      },
  };
  return kernels;
}

const RowKernels& fastest_row_kernels() {
  static const RowKernels& fastest = [&]() -> const RowKernels& {
    const RowKernels* avx2 = avx2_row_kernels();
    return avx2 != nullptr ? *avx2 : portable_row_kernels();
  }();
  return fastest;
}

}  // namespace segfleet
