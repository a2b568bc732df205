// SPDX-License-Identifier: Apache-2.0
// Every kernel of every vector width gives the bits of the formula, written out one float at a time.
// Compiled with -ffp-contract=off, as the kernels are.
#include "imaging/masks/blend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "imaging/masks/blend_doubled.h"

namespace segfleet {
namespace {

using Blend = void (*)(const SourcePair&, const ColumnPlan&, const TargetRow*, float*, Aside&);

struct Kernel {
  const char* name;
  Blend one;  // row of labels
  Blend two;  // of them
  Blend sums;
  Blend values;
};

template <Spread kSpread, std::size_t kWidth, RowResult kResult, std::size_t kRows>
void spread_rows(const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows, float* scratch,
                 Aside& aside) {
  blend_spread<kSpread, kWidth, kResult, kRows>(source, plan, 0, plan.columns, rows, scratch, aside);
}

template <std::size_t kWidth, RowResult kResult, std::size_t kRows>
void doubled_rows(const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows, float* scratch,
                  Aside& aside) {
  blend_doubled<Spread::gather, kWidth, kResult, kRows>(source, plan, rows, scratch, aside);
}

template <Spread kSpread, std::size_t kWidth>
Kernel spread_kernel(const char* name) {
  return {name, spread_rows<kSpread, kWidth, RowResult::argmax, 1>,
          spread_rows<kSpread, kWidth, RowResult::argmax, 2>,
          spread_rows<kSpread, kWidth, RowResult::sums, 1>,
          spread_rows<kSpread, kWidth, RowResult::values, 1>};
}

template <std::size_t kWidth>
Kernel doubled_kernel(const char* name) {
  return {name, doubled_rows<kWidth, RowResult::argmax, 1>, doubled_rows<kWidth, RowResult::argmax, 2>,
          doubled_rows<kWidth, RowResult::sums, 1>, doubled_rows<kWidth, RowResult::values, 1>};
}

// What this processor is given.
Kernel chosen_kernel() {
  return {"chosen",
          [](const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows, float*, Aside& aside) {
            argmax_of_blend(source, plan, {rows, 1}, aside);
          },
          [](const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows, float*, Aside& aside) {
            argmax_of_blend(source, plan, {rows, 2}, aside);
          },
          [](const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows, float* scratch,
             Aside& aside) { sums_of_blend(source, plan, *rows, scratch, aside); },
          [](const SourcePair& source, const ColumnPlan& plan, const TargetRow* rows, float*, Aside& aside) {
            values_of_blend(source, plan, *rows, aside);
          }};
}

std::vector<Kernel> kernels_for(const ColumnPlan& plan) {
  std::vector<Kernel> kernels{chosen_kernel()};
  if (plan.spread_8 == Spread::same) {
    kernels.push_back(spread_kernel<Spread::same, 4>("same, 4"));
    kernels.push_back(spread_kernel<Spread::same, 8>("same, 8"));
    kernels.push_back(spread_kernel<Spread::same, 16>("same, 16"));
    return kernels;
  }
  kernels.push_back(spread_kernel<Spread::gather, 4>("gather, 4"));
  kernels.push_back(spread_kernel<Spread::gather, 8>("gather, 8"));
  kernels.push_back(spread_kernel<Spread::gather, 16>("gather, 16"));
  if (plan.spread_8 <= Spread::one_register)
    kernels.push_back(spread_kernel<Spread::one_register, 8>("one register, 8"));
  if (plan.spread_8 <= Spread::two_registers)
    kernels.push_back(spread_kernel<Spread::two_registers, 8>("two registers, 8"));
  if (plan.spread_16 <= Spread::two_registers)
    kernels.push_back(spread_kernel<Spread::two_registers, 16>("two registers, 16"));
  if (plan.doubled_end > 0) {
    kernels.push_back(doubled_kernel<4>("doubled, 4"));
    kernels.push_back(doubled_kernel<8>("doubled, 8"));
  }
  return kernels;
}

struct Row {
  std::vector<std::uint8_t> labels;
  std::vector<float> best;
  std::vector<float> sums;
  std::vector<float> values;

  Row(std::size_t columns, std::size_t classes)
      : labels(columns), best(columns), sums(columns), values(columns * classes) {}
  TargetRow target(float upper_weight) {
    return {upper_weight, 1.0F - upper_weight, labels.data(), best.data(), sums.data(), values.data()};
  }
};

struct Nothing final : Aside {
  void step() override {}
};

// Bit for bit, but for which NaN it is.
bool is_same(const std::vector<float>& some, const std::vector<float>& others) {
  return std::ranges::equal(some, others, [](float a, float b) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) ||
           (std::isnan(a) && std::isnan(b));
  });
}

struct Widths {
  int from;
  int to;
  int visible;
};

class BlendTest : public testing::TestWithParam<Widths> {
 protected:
  void start(std::size_t classes) {
    if (GetParam().from == GetParam().to)
      plan.start_same(GetParam().visible);
    else
      plan.start(GetParam().from, GetParam().to, GetParam().visible);
    source.classes = static_cast<int>(classes);
    source.class_stride = static_cast<std::size_t>(GetParam().from) + kRowPadding;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const float odd_ones[] = {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN(),
                              0.0F,      -0.0F,      1e-40F};
    std::mt19937 random{5};
    std::normal_distribution<float> logit(0, 20);
    for (std::vector<float>* row : {&upper, &lower}) {
      row->resize(source.class_stride * classes);
      for (float& value : *row)
        value = random() % (16 + 2 * classes) == 0 ? odd_ones[random() % std::size(odd_ones)] : logit(random);
    }
    source.upper = upper.data();
    source.lower = lower.data();
  }

  float value_at(std::size_t x, std::size_t c, const TargetRow& row) const {
    const float* up = source.upper + c * source.class_stride;
    const float* low = source.lower + c * source.class_stride;
    if (plan.spread_8 == Spread::same) return up[x];
    const auto first = static_cast<std::size_t>(plan.first[x]);
    const auto second = static_cast<std::size_t>(plan.second[x]);
    return up[first] * row.upper_weight * plan.first_weight[x] +
           low[first] * row.lower_weight * plan.first_weight[x] +
           up[second] * row.upper_weight * plan.second_weight[x] +
           low[second] * row.lower_weight * plan.second_weight[x];
  }

  Row expected(float upper_weight) const {
    const auto classes = static_cast<std::size_t>(source.classes);
    Row row(plan.columns, classes);
    const TargetRow target = row.target(upper_weight);
    for (std::size_t x = 0; x < plan.columns; ++x) {
      row.best[x] = std::numeric_limits<float>::lowest();
      for (std::size_t c = 0; c < classes; ++c) {
        const float value = row.values[c * plan.columns + x] = value_at(x, c, target);
        if (!(value > row.best[x])) continue;
        row.best[x] = value;
        row.labels[x] = static_cast<std::uint8_t>(c);
      }
      for (std::size_t c = 0; c < classes; ++c) {
        float power = row.values[c * plan.columns + x];
        become_exp_of_difference<float, std::int32_t>(power, row.best[x]);
        row.sums[x] += power;
      }
    }
    return row;
  }

  // Two rows as a kernel gives them, or the first of them.
  std::array<Row, 2> made_by(Blend blend) const {
    const auto classes = static_cast<std::size_t>(source.classes);
    std::array<Row, 2> rows{Row(plan.columns, classes), Row(plan.columns, classes)};
    const TargetRow targets[] = {rows[0].target(kNear), rows[1].target(kFar)};
    std::vector<float> scratch(classes * kLanes);
    Nothing aside;
    blend(source, plan, targets, scratch.data(), aside);
    return rows;
  }

  static constexpr float kNear = 0.75F;  // the upper row's weight
  static constexpr float kFar = 0.3F;
  ColumnPlan plan;
  SourcePair source;
  std::vector<float> upper;
  std::vector<float> lower;
};

void expect_labels(const Row& found, const Row& expected) {
  EXPECT_EQ(found.labels, expected.labels);
  EXPECT_TRUE(is_same(found.best, expected.best));
}

TEST_P(BlendTest, KernelsGiveTheFormulasBits) {
  for (const std::size_t classes : {1U, 2U, 19U, 300U}) {
    start(classes);
    const Row near = expected(kNear);
    const Row far = expected(kFar);
    for (const Kernel& kernel : kernels_for(plan)) {
      SCOPED_TRACE(kernel.name);
      expect_labels(made_by(kernel.one)[0], near);
      const auto both = made_by(kernel.two);
      expect_labels(both[0], near);
      expect_labels(both[1], far);
      const auto summed = made_by(kernel.sums);
      expect_labels(summed[0], near);
      EXPECT_TRUE(is_same(summed[0].sums, near.sums));
      EXPECT_TRUE(is_same(made_by(kernel.values)[0].values, near.values));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, BlendTest,
                         testing::Values(Widths{40, 40, 40}, Widths{40, 40, 9},      // as it is
                                         Widths{100, 200, 200}, Widths{33, 66, 65},  // doubled
                                         Widths{64, 128, 64}, Widths{1, 2, 2},       //
                                         Widths{100, 201, 201}, Widths{100, 333, 300}, Widths{90, 91, 91},
                                         Widths{1, 50, 50}, Widths{200, 150, 150},  // reduced
                                         Widths{200, 101, 99}, Widths{200, 30, 30}),
                         [](const auto& test) {
                           return "From" + std::to_string(test.param.from) + "To" +
                                  std::to_string(test.param.to) + "Visible" +
                                  std::to_string(test.param.visible);
                         });

TEST(ColumnPlan, TakesTheBestWayOfEachRatio) {
  ColumnPlan plan;
  plan.start(512, 1024, 1024);
  EXPECT_EQ(plan.doubled_end, 1023U);
  plan.start(1000, 1024, 1024);
  EXPECT_EQ(plan.spread_8, Spread::one_register);
  EXPECT_EQ(plan.doubled_end, 0U);
  plan.start(1024, 600, 600);
  EXPECT_EQ(plan.spread_8, Spread::two_registers);
  EXPECT_EQ(plan.spread_16, Spread::two_registers);
  plan.start(1024, 400, 400);
  EXPECT_EQ(plan.spread_8, Spread::gather);
  plan.start_same(1024);
  EXPECT_EQ(plan.spread_8, Spread::same);
}

// For x from 0 to -88, and what is no number.
TEST(FloatExp, IsWithin2e7AndVectorsHaveItsBits) {
  using Floats = VectorsOf<4>::Floats;
  using Ints = VectorsOf<4>::Ints;
  std::vector<float> inputs{0.0F,
                            -0.0F,
                            -87.0F,
                            std::nextafter(-87.0F, 0.0F),
                            -88.0F,
                            -1e30F,
                            -1e-40F,
                            -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()};
  for (int i = 0; i < 90'000; ++i) inputs.push_back(-88.0F * static_cast<float>(i) / 90'000.0F);
  for (const float x : inputs) {
    float exp = x;
    become_exp_of_negative<float, std::int32_t>(exp);
    const double exact = x > -87.0F ? std::exp(double{x}) : 0.0;
    EXPECT_LE(std::abs(double{exp} - exact), 2e-7 * exact) << x;
    Floats lanes = Floats{} + x;
    become_exp_of_negative<Floats, Ints>(lanes);
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_EQ(std::bit_cast<std::uint32_t>(lanes[i]), std::bit_cast<std::uint32_t>(exp)) << x;
  }
}

}  // namespace
}  // namespace segfleet
