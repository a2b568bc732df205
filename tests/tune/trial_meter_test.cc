// SPDX-License-Identifier: Apache-2.0
#include "tune/trial_meter.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(TrialMeter, StartUpDoesNotCount) {
  TrialMeter meter(1, 1, 1);
  std::int64_t now = 5000 * kMs;
  meter.picture_done(now, true);  // after a long load
  for (int i = 0; i < 20; ++i) meter.picture_done(now += 100 * kMs, false);
  EXPECT_TRUE(meter.enough(now));
  EXPECT_NEAR(meter.images_per_s(), 10, 1e-6);
}

TEST(TrialMeter, ItIsNotWarmBeforeEachDeviceGaveAPicture) {
  TrialMeter meter(2, 2, 1);
  std::int64_t now = 0;
  meter.picture_done(now, true);
  for (int i = 0; i < 30; ++i) meter.picture_done(now += 100 * kMs, false);  // the second one still loads
  EXPECT_EQ(meter.images_per_s(), 0);
  EXPECT_FALSE(meter.enough(now));
  meter.picture_done(now, true);
  for (int i = 0; i < 30; ++i) meter.picture_done(now += 50 * kMs, false);
  EXPECT_TRUE(meter.enough(now));
  EXPECT_NEAR(meter.images_per_s(), 20, 1e-6);
}

TEST(TrialMeter, BurstsOfAGroupDoNotFlatter) {
  TrialMeter meter(1, 8, 2);
  std::int64_t now = 0;
  bool first = true;
  for (int burst = 0; burst < 5; ++burst, now += 1000 * kMs)
    for (int i = 0; i < 8; ++i, first = false) meter.picture_done(now, first);
  EXPECT_NEAR(meter.images_per_s(), 8, 0.5) << "by the ends alone it would be 33 pictures in 4 s";
}

TEST(TrialMeter, AWindowThatIsOverButEmptyIsProlonged) {
  TrialMeter meter(1, 4, 0.4);
  std::int64_t now = 0;
  for (int i = 0; i < 6; ++i) meter.picture_done(now += 150 * kMs, i == 0);
  EXPECT_FALSE(meter.enough(now + 400 * kMs)) << "two waves of four are asked for";
  for (int i = 0; i < 6; ++i) meter.picture_done(now += 150 * kMs, false);
  EXPECT_TRUE(meter.enough(now));
}

TEST(TrialMeter, AFarTooSlowCandidateEndsAllTheSame) {
  TrialMeter meter(1, 16, 0.5);
  meter.picture_done(0, true);
  EXPECT_FALSE(meter.enough(4000 * kMs));
  EXPECT_TRUE(meter.enough(6000 * kMs));
  EXPECT_EQ(meter.images_per_s(), 0);
}

}  // namespace
}  // namespace segfleet
