// SPDX-License-Identifier: Apache-2.0
// The small classes that the dispatcher is made of.
#include <gtest/gtest.h>

#include <limits>

#include "fleet/dispatch/credit.h"
#include "fleet/dispatch/deadlines.h"
#include "fleet/dispatch/device_health.h"
#include "fleet/dispatch/pending_items.h"
#include "fleet/dispatch/suspects.h"

namespace segfleet {
namespace {

TEST(PendingItems, GivesItemsInTheOrderTheyCame) {
  PendingItems items;
  for (const ItemId id : {3u, 4u, 5u, 0u, 9u, 10u, 2u}) items.push(id);
  EXPECT_EQ(items.size(), 7u);
  for (const ItemId id : {3u, 4u, 5u, 0u, 9u, 10u, 2u}) EXPECT_EQ(items.pop(), id);
  EXPECT_TRUE(items.empty());
}

TEST(PendingItems, TakesItemsAgainAfterItWasEmpty) {
  PendingItems items;
  items.push(7);
  EXPECT_EQ(items.pop(), 7u);
  items.push(8);
  EXPECT_EQ(items.pop(), 8u);
  EXPECT_TRUE(items.empty());
}

TEST(Credit, StartsWithTwoBatchesForEachLaneAndFourOnTheirWay) {
  EXPECT_EQ(Credit(1, false).limit(), 6);
  EXPECT_EQ(Credit(8, false).limit(), 20);
}

TEST(Credit, GrowsByHalfWhileTheEngineStarvesAtItsCredit) {
  Credit credit(4, false);
  credit.observe(0.2, true);
  EXPECT_EQ(credit.limit(), 18);
  credit.observe(0.2, true);
  EXPECT_EQ(credit.limit(), 27);
}

TEST(Credit, StaysWhereMoreCreditWouldNotHelp) {
  Credit credit(4, false);
  credit.observe(0.9, false);
  credit.observe(0.02, true);
  EXPECT_EQ(credit.limit(), 12);
}

TEST(Credit, IsBounded) {
  Credit credit(2, false);
  for (int i = 0; i < 50; ++i) credit.observe(1, true);
  EXPECT_EQ(credit.limit(), 128);
}

TEST(Credit, ShrinksSlowlyToItsStartWhileTheEngineIsNeverIdle) {
  Credit credit(4, false);
  for (int i = 0; i < 3; ++i) credit.observe(1, true);
  const int high = credit.limit();
  credit.observe(0, true);
  EXPECT_LT(credit.limit(), high);
  EXPECT_GT(credit.limit(), high * 9 / 10);
  for (int i = 0; i < 100; ++i) credit.observe(0, true);
  EXPECT_EQ(credit.limit(), 12);
}

TEST(Credit, ChangesWithTheBatchByAsMuch) {
  Credit credit(4, false);
  credit.observe(1, true);
  ASSERT_EQ(credit.limit(), 18) << "half as much again as its 12";
  credit.set_in_engine(8);
  EXPECT_EQ(credit.limit(), 30);
  EXPECT_EQ(credit.least_useful(), 16);
  credit.set_in_engine(1);
  EXPECT_EQ(credit.limit(), 9);
}

TEST(Credit, OneAtATimeNeverGrows) {
  Credit credit(16, true);
  credit.observe(1, true);
  credit.set_in_engine(32);
  EXPECT_EQ(credit.limit(), 1);
  EXPECT_EQ(credit.least_useful(), 1);
}

TEST(Credit, SurvivesNonsenseFromAWorker) {
  EXPECT_EQ(Credit(-5, false).limit(), 6);
  EXPECT_GT(Credit(std::numeric_limits<int>::max(), false).limit(), 0);
  Credit credit(1, false);
  credit.observe(std::numeric_limits<double>::quiet_NaN(), true);
  EXPECT_EQ(credit.limit(), 6);
}

TEST(Deadlines, ComeUpInOrderOnce) {
  Deadlines deadlines;
  deadlines.grow(3);
  deadlines.set(0, 0, 30);
  deadlines.set(1, 0, 10);
  deadlines.set(2, 0, 20);
  EXPECT_EQ(deadlines.next_ns(), 10);
  EXPECT_EQ(deadlines.pop_due(9), std::nullopt);
  EXPECT_EQ(deadlines.pop_due(25), 1u);
  EXPECT_EQ(deadlines.pop_due(25), 2u);
  EXPECT_EQ(deadlines.pop_due(25), std::nullopt);
  EXPECT_EQ(deadlines.pop_due(30), 0u);
  EXPECT_EQ(deadlines.next_ns(), Deadlines::kNever);
}

TEST(Deadlines, MoveLaterAndEarlier) {
  Deadlines deadlines;
  deadlines.grow(2);
  deadlines.set(0, 0, 10);
  deadlines.set(0, 0, 50);
  EXPECT_EQ(deadlines.pop_due(49), std::nullopt);
  deadlines.set(0, 0, 20);
  EXPECT_EQ(deadlines.next_ns(), 20);
  EXPECT_EQ(deadlines.pop_due(20), 0u);
  EXPECT_EQ(deadlines.pop_due(100), std::nullopt);
}

TEST(Deadlines, ClearedOnesDoNotComeUp) {
  Deadlines deadlines;
  deadlines.grow(1);
  deadlines.set(0, 0, 10);
  deadlines.clear(0);
  EXPECT_EQ(deadlines.pop_due(100), std::nullopt);
  EXPECT_EQ(deadlines.next_ns(), Deadlines::kNever);
}

TEST(Deadlines, AHugeDelayDoesNotWrap) {
  Deadlines deadlines;
  deadlines.grow(1);
  deadlines.set(0, 1000, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(deadlines.pop_due(1'000'000), std::nullopt);
}

TEST(DeviceHealth, IsLostByUnexplainedDeathsInTheWindow) {
  DeviceHealth health({3, 100, 20});
  health.outcome();
  EXPECT_FALSE(health.death(false, 0));
  health.outcome();
  EXPECT_FALSE(health.death(false, 50));
  health.outcome();
  EXPECT_TRUE(health.death(false, 100));
}

TEST(DeviceHealth, ForgetsDeathsOutsideTheWindowIfThereWasAnOutcome) {
  DeviceHealth health({3, 100, 20});
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(health.death(false, i * 60));
    health.outcome();
  }
}

TEST(DeviceHealth, IsLostBySlowDeathsInARow) {
  DeviceHealth health({3, 100, 20});
  EXPECT_FALSE(health.death(false, 0));
  EXPECT_FALSE(health.death(false, 1000));
  EXPECT_TRUE(health.death(false, 2000));
}

TEST(DeviceHealth, IsLostByALongRowOfExplainedDeaths) {
  DeviceHealth health({3, 100, 4});
  health.outcome();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(health.death(true, i));
  health.outcome();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(health.death(true, i));
  EXPECT_TRUE(health.death(true, 9));
}

TEST(RestartDelay, DoublesUpToItsLimitWithinTheWindow) {
  RestartDelay delay(100, 500, 1000);
  EXPECT_EQ(delay.after_death(false, 0), 100);
  EXPECT_EQ(delay.after_death(false, 500), 200);
  EXPECT_EQ(delay.after_death(false, 1000), 400);
  EXPECT_EQ(delay.after_death(false, 1500), 500);
  EXPECT_EQ(delay.after_death(true, 1600), 100);
  EXPECT_EQ(delay.after_death(false, 9000), 100);
}

TEST(Suspects, ThatDiedAloneAreForOtherDevices) {
  Suspects suspects;
  suspects.died_alone(7, 1, {2, true, false});
  suspects.try_again(7);
  EXPECT_FALSE(suspects.any_for(2, false));
  EXPECT_EQ(suspects.take(2, false, SuspectOrder::most_suspect_first), std::nullopt);
  EXPECT_TRUE(suspects.any_for(2, true));
  EXPECT_TRUE(suspects.any_for(1, false));
  EXPECT_EQ(suspects.take(1, false, SuspectOrder::most_suspect_first), 7u);
  EXPECT_EQ(suspects.waiting(), 0u);
}

TEST(Suspects, FirstOrLastFollowsTheOrderAskedFor) {
  Suspects suspects;
  suspects.came_back(1, 1);
  suspects.came_back(2, 1);
  suspects.died_alone(3, 1, {0, true, false});
  suspects.try_again(3);
  EXPECT_EQ(suspects.take(1, false, SuspectOrder::least_suspect_first), 1u);
  EXPECT_EQ(suspects.take(1, false, SuspectOrder::most_suspect_first), 3u);
  EXPECT_EQ(suspects.take(1, false, SuspectOrder::unstruck_only), 2u);
  suspects.try_again(3);
  EXPECT_EQ(suspects.take(1, false, SuspectOrder::unstruck_only), std::nullopt);
}

TEST(Suspects, CountAttempts) {
  Suspects suspects;
  EXPECT_EQ(suspects.attempts_of(5), 1u);
  suspects.came_back(5, 1);
  EXPECT_EQ(suspects.next_attempt(5), 2u);
  EXPECT_EQ(suspects.attempts_of(5), 2u);
}

}  // namespace
}  // namespace segfleet
