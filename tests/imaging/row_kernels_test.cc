// SPDX-License-Identifier: Apache-2.0
// Every instruction set's kernels give the portable ones' bits. Buffers are exact, so that the address
// sanitizer sees a kernel that reads past its row.
#include "imaging/preprocess/row_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace segfleet {
namespace {

class RowKernelsTest : public testing::TestWithParam<int> {
 protected:
  std::vector<std::uint8_t> bytes(int count) {
    std::vector<std::uint8_t> row(3 * static_cast<std::size_t>(count));
    for (auto& value : row) value = static_cast<std::uint8_t>(random() % 256);
    return row;
  }
  std::vector<float> floats(int count) {
    std::uniform_real_distribution<float> grey(-3, 260);
    std::vector<float> row(3 * static_cast<std::size_t>(count));
    for (auto& value : row) value = grey(random);
    return row;
  }
  // The kernel's output row by each of the two sets of kernels.
  template <typename Run>
  void expect_same(const Run& run) {
    std::vector<float> expected(3 * static_cast<std::size_t>(pixels) + kRowSlackFloats);
    std::vector<float> found(expected.size());
    run(portable_row_kernels(), expected.data());
    run(fastest_row_kernels(), found.data());
    EXPECT_EQ(
        std::memcmp(expected.data(), found.data(), 3 * static_cast<std::size_t>(pixels) * sizeof(float)), 0);
  }

  std::mt19937 random{42};
  const int pixels = GetParam();
};

TEST_P(RowKernelsTest, LinearAgrees) {
  for (const int source : {2, 3, 5, 16, 100}) {
    LinearAxis axis;
    axis.prepare(source, pixels);
    const auto bgr = bytes(source);
    const auto rgb = floats(source);
    expect_same([&](const RowKernels& k, float* out) { k.linear_from_bytes(bgr.data(), axis, out); });
    expect_same([&](const RowKernels& k, float* out) { k.linear_from_floats(rgb.data(), axis, out); });
  }
}

TEST_P(RowKernelsTest, CubicAgrees) {
  for (const int source : {4, 5, 16, 100}) {
    CubicAxis axis;
    axis.prepare(source, pixels);
    const auto bgr = bytes(source);
    const auto rgb = floats(source);
    expect_same([&](const RowKernels& k, float* out) { k.cubic_from_bytes(bgr.data(), axis, out); });
    expect_same([&](const RowKernels& k, float* out) { k.cubic_from_floats(rgb.data(), axis, out); });
  }
}

TEST_P(RowKernelsTest, WeightedAgrees) {
  for (const WeightRule rule : {WeightRule::nearest, WeightRule::area_linear, WeightRule::lanczos4}) {
    for (const int source : {1, 2, 5, 100}) {
      WeightedAxis axis;
      axis.prepare(rule, Direction::across, source, pixels);
      auto row = floats(source);
      row.resize(row.size() + kRowSlackFloats);
      for (const bool swap : {false, true})
        expect_same([&](const RowKernels& k, float* out) { k.weighted(row.data(), axis, swap, out); });
    }
  }
}

TEST_P(RowKernelsTest, BlockMeansAgree) {
  for (const Size block : {Size{1, 1}, Size{2, 2}, Size{3, 5}}) {
    const int width = block.width * pixels;
    const auto bgr = bytes(width * block.height);
    const auto rgb = floats(width * block.height);
    expect_same([&](const RowKernels& k, float* out) {
      k.block_means_from_bytes(bgr.data(), width, block, pixels, out);
    });
    expect_same([&](const RowKernels& k, float* out) {
      k.block_means_from_floats(rgb.data(), width, block, pixels, out);
    });
  }
}

TEST_P(RowKernelsTest, SumsAgree) {
  const std::vector<std::vector<float>> rows{floats(pixels), floats(pixels), floats(pixels), floats(pixels)};
  const std::array<const float*, 4> taps{rows[0].data(), rows[1].data(), rows[2].data(), rows[3].data()};
  const std::size_t count = rows[0].size();
  expect_same([&](const RowKernels& k, float* out) { k.lerp(taps[0], taps[1], 0.3F, count, out); });
  expect_same(
      [&](const RowKernels& k, float* out) { k.cubic_sum(taps, {-0.1F, 0.7F, 0.5F, -0.1F}, count, out); });
  expect_same([&](const RowKernels& k, float* out) {
    k.weighted_sum(taps.data(), std::array{0.3F, -0.7F, 0.2F}.data(), 3, false, count, out);
    k.weighted_sum(taps.data(), std::array{0.6F, 0.1F, -0.2F, 0.9F}.data(), 4, true, count, out);
  });
}

TEST_P(RowKernelsTest, PointOperationsAgree) {
  const auto row = floats(pixels);
  NormalizePattern pattern;
  for (std::size_t i = 0; i < 24; ++i) {
    pattern.mean[i] = 0.1 + 0.2 * static_cast<double>(i % 3);
    pattern.std[i] = 0.229 + 0.01 * static_cast<double>(i % 3);
  }
  expect_same([&](const RowKernels& k, float* out) {
    std::memcpy(out, row.data(), row.size() * sizeof(float));
    k.normalize(out, static_cast<std::size_t>(pixels), pattern);
  });
  const auto raw = bytes(pixels);
  expect_same([&](const RowKernels& k, float* out) { k.widen(raw.data(), raw.size(), out); });
  ByteTables tables;
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t level = 0; level < 256; ++level)
      tables[c][level] = static_cast<float>(level) + static_cast<float>(c) / 4;
  const auto bgr = bytes(pixels);
  expect_same([&](const RowKernels& k, float* out) {
    k.convert(bgr.data(), static_cast<std::size_t>(pixels), tables, out);
  });
  expect_same([&](const RowKernels& k, float* out) {
    k.split(row.data(), static_cast<std::size_t>(pixels), out, out + pixels,
            out + 2 * std::ptrdiff_t{pixels});
  });
}

Normalize normalize(double mean, double std, bool folded) {
  Normalize normalize;
  normalize.mean = {mean, mean, mean + 0.1};
  normalize.std = {std, std, std};
  normalize.folded = folded;
  return normalize;
}

TEST_P(RowKernelsTest, PlanesFromBytesAgree) {
  for (const ByteLevels& levels : {levels_of(Normalize{}), levels_of(normalize(0.485, 0.229, false)),
                                   levels_of(normalize(0.485, 0.229, true)), identity_levels()}) {
    const auto bgr = bytes(pixels);
    expect_same([&](const RowKernels& k, float* out) {
      k.planes_from_bytes(bgr.data(), static_cast<std::size_t>(pixels), levels, out, out + pixels,
                          out + 2 * std::ptrdiff_t{pixels});
    });
  }
}

TEST(ByteLevels, FormulasAreThereWhereTheyGiveTheTablesBits) {
  EXPECT_TRUE(levels_of(Normalize{}).formulas);  // PaddleSeg's default
  EXPECT_TRUE(levels_of(normalize(0.485, 0.229, true)).formulas);
  EXPECT_TRUE(identity_levels().formulas);
  EXPECT_FALSE(levels_of(normalize(0.485, 0.229, false)).formulas);
}

INSTANTIATE_TEST_SUITE_P(Widths, RowKernelsTest, testing::Values(1, 2, 3, 7, 8, 9, 31, 64, 200));

}  // namespace
}  // namespace segfleet
