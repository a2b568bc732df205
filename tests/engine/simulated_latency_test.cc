// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace segfleet {
namespace {

struct Moments {
  double mean = 0;
  double deviation = 0;
  double least = 0;
  double most = 0;
};

Moments moments_of(std::string_view text) {
  const auto latency = parse_latency(text);
  EXPECT_TRUE(latency) << text;
  constexpr int kDraws = 20'000;
  std::vector<double> drawn;
  for (int i = 1; i <= kDraws; ++i)
    drawn.push_back(latency->draw_ms({1, 0, static_cast<std::uint64_t>(i)}, 3));
  Moments moments;
  for (const double value : drawn) moments.mean += value / kDraws;
  double variance = 0;
  for (const double value : drawn) variance += (value - moments.mean) * (value - moments.mean) / kDraws;
  moments.deviation = std::sqrt(variance);
  const auto [least, most] = std::ranges::minmax(drawn);
  moments.least = least;
  moments.most = most;
  return moments;
}

TEST(Latency, ConstantIsTheSameEachTime) {
  for (const char* text : {"40", "constant:40"}) {
    EXPECT_DOUBLE_EQ(moments_of(text).least, 40);
    EXPECT_DOUBLE_EQ(moments_of(text).most, 40);
  }
}

TEST(Latency, UniformLiesWithinItsSpread) {
  const Moments moments = moments_of("uniform:40:10");
  EXPECT_NEAR(moments.mean, 40, 0.3);
  EXPECT_GE(moments.least, 30);
  EXPECT_LE(moments.most, 50);
  EXPECT_NEAR(moments.deviation, 10 / std::sqrt(3), 0.2);
}

TEST(Latency, LognormalHasTheGivenMean) {
  const Moments moments = moments_of("lognormal:40:0.5");
  EXPECT_NEAR(moments.mean, 40, 1);
  EXPECT_NEAR(moments.deviation, 40 * std::sqrt(std::exp(0.25) - 1), 1);
  EXPECT_GT(moments.least, 0);
}

TEST(Latency, ExponentialDeviatesByItsMean) {
  const Moments moments = moments_of("exponential:40");
  EXPECT_NEAR(moments.mean, 40, 1);
  EXPECT_NEAR(moments.deviation, 40, 1.5);
}

TEST(Latency, WordsThatMakeNoSenseAreRefused) {
  for (const char* text :
       {"", "-1", "nan", "inf", "soon", "uniform", "uniform:40", "uniform:40:50", "uniform:40:1:2",
        "lognormal:40:-1", "lognormal:40:11", "exponential:40:2", "constant:", "gamma:1:2"})
    EXPECT_FALSE(parse_latency(text)) << text;
}

TEST(Slowdowns, HoldFromTheirTimeUntilTheNext) {
  const auto slowdowns = parse_slowdowns("10s:x10,30.5s:x1");
  ASSERT_TRUE(slowdowns);
  EXPECT_DOUBLE_EQ(factor_at(*slowdowns, 9.9), 1);
  EXPECT_DOUBLE_EQ(factor_at(*slowdowns, 10), 10);
  EXPECT_DOUBLE_EQ(factor_at(*slowdowns, 30.4), 10);
  EXPECT_DOUBLE_EQ(factor_at(*slowdowns, 31), 1);
}

TEST(Slowdowns, WordsThatMakeNoSenseAreRefused) {
  for (const char* text :
       {"", "10s", "10:x2", "10s:2", "10s:x", "x2", "10s:x2,", "5s:x2,5s:x3", "9s:x2,5s:x3"})
    EXPECT_FALSE(parse_slowdowns(text)) << text;
}

}  // namespace
}  // namespace segfleet
