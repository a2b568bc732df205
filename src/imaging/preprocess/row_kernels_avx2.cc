// SPDX-License-Identifier: Apache-2.0
#include "imaging/preprocess/row_kernels_avx2.h"

#if !defined(__x86_64__)
namespace segfleet {
const RowKernels* avx2_row_kernels() {
  return nullptr;
}
}  // namespace segfleet
#else
#include <immintrin.h>

#include <cstring>

#include "imaging/preprocess/row_kernels_impl.h"

#define SEGFLEET_AVX2 __attribute__((target("avx2,fma")))

namespace segfleet {
namespace {

// Two weights, each in the four lanes of its pixel.
SEGFLEET_AVX2 inline __m256 spread_weights(const float* weights) {
  const __m128 pair = _mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(weights)));
  return _mm256_set_m128(_mm_shuffle_ps(pair, pair, 0x55), _mm_shuffle_ps(pair, pair, 0x00));
}

// Stores two pixels; each writes a fourth lane that the next pixel overwrites.
SEGFLEET_AVX2 inline void store_two(float* out, __m256 pixels) {
  _mm_storeu_ps(out, _mm256_castps256_ps128(pixels));
  _mm_storeu_ps(out + 3, _mm256_extractf128_ps(pixels, 1));
}

// How many outputs can be read with whole-vector loads that stay inside the source row:
// `span` pixels from index on.
int outputs_within(const LinearAxis& axis, int span) {
  int count = axis.target;
  while (count > 0 && axis.index[static_cast<std::size_t>(count) - 1] + span > axis.source) --count;
  return count;
}

SEGFLEET_AVX2 void linear_from_bytes(const std::uint8_t* bgr, const LinearAxis& axis, float* out) {
  // Eight bytes hold two neighbours, BGRBGRxx: the shuffles widen and swap each to RGB0.
  const __m256i left_lanes =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(2, -1, -1, -1, 1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1));
  const __m256i right_lanes =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(5, -1, -1, -1, 4, -1, -1, -1, 3, -1, -1, -1, -1, -1, -1, -1));
  const int within = outputs_within(axis, 3);
  const int* index = axis.index.data();
  const float* weight = axis.weight.data();
  int i = 0;
  for (; i + 2 <= within; i += 2) {
    const __m128i first =
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bgr + std::ptrdiff_t{3} * index[i]));
    const __m128i second =
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bgr + std::ptrdiff_t{3} * index[i + 1]));
    const __m256i both = _mm256_set_m128i(second, first);
    const __m256 left = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(both, left_lanes));
    const __m256 right = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(both, right_lanes));
    store_two(out + std::ptrdiff_t{3} * i,
              _mm256_fmadd_ps(spread_weights(weight + i), _mm256_sub_ps(right, left), left));
  }
  kernels::linear_pixels(bgr, axis, i, out);
}

SEGFLEET_AVX2 inline __m256 load_two(const float* first, const float* second) {
  return _mm256_set_m128(_mm_loadu_ps(second), _mm_loadu_ps(first));
}

SEGFLEET_AVX2 void linear_from_floats(const float* rgb, const LinearAxis& axis, float* out) {
  const int within = outputs_within(axis, 3);
  const int* index = axis.index.data();
  const float* weight = axis.weight.data();
  int i = 0;
  for (; i + 2 <= within; i += 2) {
    const float* first = rgb + std::ptrdiff_t{3} * index[i];
    const float* second = rgb + std::ptrdiff_t{3} * index[i + 1];
    const __m256 left = load_two(first, second);
    const __m256 right = load_two(first + 3, second + 3);
    store_two(out + std::ptrdiff_t{3} * i,
              _mm256_fmadd_ps(spread_weights(weight + i), _mm256_sub_ps(right, left), left));
  }
  kernels::linear_pixels(rgb, axis, i, out);
}

// A pixel in three lanes; reads as many bytes or floats as there are lanes.
SEGFLEET_AVX2 inline __m128 pixel_lanes(const std::uint8_t* bgr) {
  std::int32_t bytes;
  std::memcpy(&bytes, bgr, sizeof bytes);
  const __m128i rgb = _mm_shuffle_epi8(
      _mm_cvtsi32_si128(bytes), _mm_setr_epi8(2, -1, -1, -1, 1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1));
  return _mm_cvtepi32_ps(rgb);
}
SEGFLEET_AVX2 inline __m128 pixel_lanes(const float* rgb) {
  return _mm_loadu_ps(rgb);
}

template <typename Source>
SEGFLEET_AVX2 inline void cubic_lanes(const Source* source, const CubicAxis& axis, float* out) {
  int i = 0;
  for (; i < axis.target; ++i) {
    const auto& index = axis.index[static_cast<std::size_t>(i)];
    const auto& weight = axis.weight[static_cast<std::size_t>(i)];
    if (index[3] + 1 >= axis.source) break;  // the source's last pixel has nothing behind it
    const auto pixel = [&](std::size_t tap)
                           SEGFLEET_AVX2 { return pixel_lanes(source + std::ptrdiff_t{3} * index[tap]); };
    const auto product = [&](std::size_t tap)
                             SEGFLEET_AVX2 { return _mm_mul_ps(pixel(tap), _mm_set1_ps(weight[tap])); };
    const __m128 inner = _mm_fmadd_ps(pixel(1), _mm_set1_ps(weight[1]), product(2));
    const __m128 outer = _mm_fmadd_ps(pixel(0), _mm_set1_ps(weight[0]), product(3));
    _mm_storeu_ps(out + std::ptrdiff_t{3} * i, _mm_add_ps(inner, outer));
  }
  kernels::cubic_pixels(source, axis, i, out);
}

SEGFLEET_AVX2 void cubic_from_bytes(const std::uint8_t* bgr, const CubicAxis& axis, float* out) {
  cubic_lanes(bgr, axis, out);
}
SEGFLEET_AVX2 void cubic_from_floats(const float* rgb, const CubicAxis& axis, float* out) {
  cubic_lanes(rgb, axis, out);
}
SEGFLEET_AVX2 void lerp(const float* a, const float* b, float weight, std::size_t count, float* out) {
  kernels::lerp_row(a, b, weight, count, out);
}
SEGFLEET_AVX2 void cubic_sum(const std::array<const float*, 4>& rows, const std::array<float, 4>& weights,
                             std::size_t count, float* out) {
  kernels::cubic_sum_row(rows, weights, count, out);
}
SEGFLEET_AVX2 void widen(const std::uint8_t* bytes, std::size_t count, float* out) {
  kernels::widen_row(bytes, count, out);
}
SEGFLEET_AVX2 void weighted(const float* row, const WeightedAxis& axis, bool swap, float* out) {
  kernels::weighted_row(row, axis, swap, out);
}
SEGFLEET_AVX2 void weighted_sum(const float* const* rows, const float* weights, int taps, bool onto,
                                std::size_t count, float* out) {
  kernels::weighted_sum_row(rows, weights, taps, onto, count, out);
}
SEGFLEET_AVX2 void block_means_from_bytes(const std::uint8_t* rows, int width, Size block, int count,
                                          float* out) {
  kernels::block_means(rows, width, block, count, out);
}
SEGFLEET_AVX2 void block_means_from_floats(const float* rows, int width, Size block, int count, float* out) {
  kernels::block_means(rows, width, block, count, out);
}
SEGFLEET_AVX2 void normalize(float* row, std::size_t pixels, const NormalizePattern& pattern) {
  kernels::normalize_row(row, pixels, pattern);
}
SEGFLEET_AVX2 void convert(const std::uint8_t* bgr, std::size_t pixels, const ByteTables& tables,
                           float* out) {
  kernels::convert_row(bgr, pixels, tables, out);
}

// Eight pixels' bytes of one channel, computed as byte_levels.cc does it.
SEGFLEET_AVX2 inline __m256 compute_levels(__m128i bytes, const LevelFormula& f) {
  const __m256 level = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
  const __m256 product = _mm256_fmadd_ps(level, _mm256_set1_ps(f.factor_high),
                                         _mm256_mul_ps(level, _mm256_set1_ps(f.factor_low)));
  const __m256 centred = _mm256_sub_ps(product, _mm256_set1_ps(f.mean));
  return _mm256_fmadd_ps(centred, _mm256_set1_ps(f.scale_high),
                         _mm256_mul_ps(centred, _mm256_set1_ps(f.scale_low)));
}

// How one channel of eight pixels is picked from their 24 bytes: from the first 16 of them and from the last.
struct ChannelBytes {
  __m128i first;
  __m128i last;
};
SEGFLEET_AVX2 inline __m128i pick(__m128i first, __m128i last, const ChannelBytes& from) {
  return _mm_or_si128(_mm_shuffle_epi8(first, from.first), _mm_shuffle_epi8(last, from.last));
}

SEGFLEET_AVX2 void planes_from_bytes(const std::uint8_t* bgr, std::size_t pixels, const ByteLevels& levels,
                                     float* red, float* green, float* blue) {
  constexpr char kNone = -1;
  const auto bytes_at = [](char a, char b, char c, char d, char e, char f, char g, char h) {
    return _mm_setr_epi8(a, b, c, d, e, f, g, h, kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone);
  };
  const ChannelBytes blues{bytes_at(0, 3, 6, 9, 12, 15, kNone, kNone),
                           bytes_at(kNone, kNone, kNone, kNone, kNone, kNone, 10, 13)};
  const ChannelBytes greens{bytes_at(1, 4, 7, 10, 13, kNone, kNone, kNone),
                            bytes_at(kNone, kNone, kNone, kNone, kNone, 8, 11, 14)};
  const ChannelBytes reds{bytes_at(2, 5, 8, 11, 14, kNone, kNone, kNone),
                          bytes_at(kNone, kNone, kNone, kNone, kNone, 9, 12, 15)};
  const LevelFormula* formulas = levels.formulas ? levels.formulas->data() : nullptr;
  std::size_t i = 0;
  for (; formulas != nullptr && i + 8 <= pixels; i += 8) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bgr + 3 * i));
    const __m128i last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bgr + 3 * i + 8));
    _mm256_storeu_ps(red + i, compute_levels(pick(first, last, reds), formulas[0]));
    _mm256_storeu_ps(green + i, compute_levels(pick(first, last, greens), formulas[1]));
    _mm256_storeu_ps(blue + i, compute_levels(pick(first, last, blues), formulas[2]));
  }
  kernels::look_up_planes(bgr, i, pixels, levels.tables, red, green, blue);
}

SEGFLEET_AVX2 void split(const float* row, std::size_t pixels, float* red, float* green, float* blue) {
  kernels::split_row(row, pixels, red, green, blue);
}

}  // namespace

const RowKernels* avx2_row_kernels() {
  static const RowKernels kernels = {linear_from_bytes,
                                     linear_from_floats,
                                     cubic_from_bytes,
                                     cubic_from_floats,
                                     lerp,
                                     cubic_sum,
                                     widen,
                                     weighted,
                                     weighted_sum,
                                     block_means_from_bytes,
                                     block_means_from_floats,
                                     normalize,
                                     convert,
                                     planes_from_bytes,
                                     split};
  static const bool usable = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return usable ? &kernels : nullptr;
}

}  // namespace segfleet
#endif
