// SPDX-License-Identifier: Apache-2.0
#include "worker/helper_count.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

constexpr int kPatience = HelperCount::kFirstPatience;

void look(HelperCount& helpers, double waiting_share, bool backlog, int times = 1) {
  for (int i = 0; i < times; ++i) helpers.observe(waiting_share, backlog);
}

TEST(HelperCount, RisesWithinItsCoresWhileTheEngineWaits) {
  HelperCount helpers(2, 6);
  look(helpers, 0.3, true);
  EXPECT_EQ(helpers.count(), 3);
  look(helpers, 0.06, true);
  EXPECT_EQ(helpers.count(), 4);
  look(helpers, 0.9, true, 5);
  EXPECT_EQ(helpers.count(), 6);
}

TEST(HelperCount, StaysWhereMoreThreadsWouldHaveNothingToDo) {
  HelperCount helpers(1, 8);
  look(helpers, 1, false, 100);
  EXPECT_EQ(helpers.count(), 1) << "the coordinator has nothing, or the disk is full of work";
  look(helpers, 0.04, true, 100);
  EXPECT_EQ(helpers.count(), 1) << "the engine hardly waits";
}

TEST(HelperCount, FallsBackToWhereItBeganWhenTheEngineNeverWaits) {
  HelperCount helpers(2, 8);
  look(helpers, 0.5, true, 2);
  ASSERT_EQ(helpers.count(), 4);
  look(helpers, 0, true, kPatience - 1);
  EXPECT_EQ(helpers.count(), 4) << "patient";
  look(helpers, 0, true);
  EXPECT_EQ(helpers.count(), 3);
  look(helpers, 0.02, true);
  look(helpers, 0, true, kPatience - 1);
  EXPECT_EQ(helpers.count(), 3) << "it waited in between";
  look(helpers, 0, false, 50 * kPatience);
  EXPECT_EQ(helpers.count(), 2);
}

TEST(HelperCount, IsTwiceAsPatientWhereFewerWereTooFew) {
  HelperCount helpers(1, 2);
  look(helpers, 0.5, true);
  look(helpers, 0, true, kPatience);
  ASSERT_EQ(helpers.count(), 1);
  look(helpers, 0.5, true);
  ASSERT_EQ(helpers.count(), 2);
  look(helpers, 0, true, 2 * kPatience - 1);
  EXPECT_EQ(helpers.count(), 2);
  look(helpers, 0, true);
  EXPECT_EQ(helpers.count(), 1);
}

TEST(HelperCount, ALimitBelowTheFirstNumberIsThatNumber) {
  HelperCount helpers(4, 1);
  look(helpers, 1, true, 10);
  EXPECT_EQ(helpers.count(), 4);
}

}  // namespace
}  // namespace segfleet
