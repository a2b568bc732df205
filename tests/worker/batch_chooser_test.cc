// SPDX-License-Identifier: Apache-2.0
#include "worker/batch_chooser.h"

#include <gtest/gtest.h>

#include <functional>

namespace segfleet {
namespace {

// Runs full calls whose time is `seconds_of(items)`, until the limit has long come to rest.
int settled(BatchChooser& chooser, const std::function<double(int)>& seconds_of, int calls = 200) {
  for (int i = 0; i < calls; ++i) {
    const int items = chooser.limit();
    chooser.ran(items, items, seconds_of(items));
  }
  return chooser.limit();
}

double no_gain(int items) {
  return items * 0.01;
}
double fixed_cost(int items) {  // 8 items: 2.3 times as many a second
  return 0.01 + items * 0.005;
}

TEST(BatchChooser, TakesTheLargestAtOnceWhereItDoesNotGrow) {
  BatchChooser chooser({8, false, 0});
  EXPECT_EQ(chooser.limit(), 8);
  EXPECT_EQ(settled(chooser, no_gain), 8);
}

TEST(BatchChooser, StaysAtOneWhereMoreIsNotFaster) {
  BatchChooser chooser({32, true, 0});
  EXPECT_EQ(chooser.limit(), 1);
  EXPECT_EQ(settled(chooser, no_gain), 1);
}

TEST(BatchChooser, StopsWhereTheGainIsUnderFivePerCent) {
  // Rates 100, 180, 188 a second: the step to 2 pays, that to 4 does not.
  BatchChooser chooser({32, true, 0});
  EXPECT_EQ(
      settled(chooser, [](int items) { return items == 1   ? 0.01
                                              : items == 2 ? 2 / 180.0
                                                           : items / 188.0; }),
      2);
}

TEST(BatchChooser, GrowsToTheLargestWhereEachStepPays) {
  BatchChooser chooser({16, true, 0});
  EXPECT_EQ(settled(chooser, fixed_cost), 16);
}

TEST(BatchChooser, TheFirstCallOfASizeIsNotCounted) {
  BatchChooser chooser({2, true, 0});
  int calls_of_two = 0;
  EXPECT_EQ(settled(chooser,
                    [&](int items) { return items == 2 && ++calls_of_two == 1 ? 100 : fixed_cost(items); }),
            2);
}

TEST(BatchChooser, CallsThatAreNotFullTellNothing) {
  BatchChooser chooser({8, true, 0});
  EXPECT_EQ(settled(chooser, fixed_cost, 6), 2);
  for (int i = 0; i < 100; ++i) chooser.ran(1, 1, 1e-6);
  EXPECT_EQ(chooser.limit(), 2);
}

TEST(BatchChooser, GrowsOnlyAsFarAsMemoryGoes) {
  BatchChooser chooser({32, true, 0});
  chooser.set_fitting(6);
  EXPECT_EQ(settled(chooser, fixed_cost), 6);
  chooser.set_fitting(32);
  EXPECT_EQ(settled(chooser, fixed_cost), 24) << "memory came free; 32 would be 2 % faster";
  chooser.set_fitting(3);
  EXPECT_EQ(chooser.limit(), 3);
  chooser.set_fitting(0);
  EXPECT_EQ(chooser.limit(), 1) << "one item is always tried";
}

TEST(BatchChooser, FollowsWhatPaysWhileTheRunGoesOn) {
  BatchChooser chooser({16, true, 0});
  EXPECT_EQ(settled(chooser, fixed_cost, BatchChooser::kFirstRest), 16);
  EXPECT_EQ(settled(chooser, no_gain, 3 * BatchChooser::kFirstRest), 2) << "a half with each search";
  EXPECT_EQ(settled(chooser, no_gain, 3 * BatchChooser::kFirstRest), 1);
  EXPECT_EQ(settled(chooser, fixed_cost, 100 * BatchChooser::kFirstRest), 16) << "it pays again";
}

TEST(BatchChooser, SearchesMoreSeldomWhereItFindsTheSameAgain) {
  BatchChooser chooser({16, true, 0});
  settled(chooser, fixed_cost);
  const auto calls_until_less = [&] {
    int calls = 0;
    while (chooser.limit() == 16 && calls < 1'000'000) {
      chooser.ran(16, 16, fixed_cost(16));
      ++calls;
    }
    settled(chooser, fixed_cost, 50);
    return calls;
  };
  calls_until_less();
  const int second = calls_until_less();
  const int third = calls_until_less();
  EXPECT_GT(third, 1.5 * second);
  EXPECT_EQ(chooser.limit(), 16);
}

TEST(BatchChooser, HalvesWhereMemoryRunsOutAndGrowsAgainCarefully) {
  BatchChooser chooser({16, false, 0});
  chooser.ran_out_of_memory(16);
  EXPECT_EQ(chooser.limit(), 8);
  chooser.ran_out_of_memory(16);
  EXPECT_EQ(chooser.limit(), 8) << "a call that had begun before";
  EXPECT_EQ(settled(chooser, no_gain, 63), 8);
  EXPECT_EQ(settled(chooser, no_gain, 1), 10);
  chooser.ran_out_of_memory(10);
  EXPECT_EQ(chooser.limit(), 5);
  EXPECT_EQ(settled(chooser, no_gain, 127), 5) << "twice as patient after it failed again";
  EXPECT_EQ(settled(chooser, no_gain, 1), 6);
}

TEST(BatchChooser, BeginsWhereAnEarlierWorkerGotIntoTrouble) {
  BatchChooser fixed({16, false, 4});
  EXPECT_EQ(fixed.limit(), 4);
  EXPECT_EQ(settled(fixed, no_gain, 64), 5);
  BatchChooser growing({16, true, 4});
  EXPECT_EQ(settled(growing, fixed_cost, 20), 4);
}

}  // namespace
}  // namespace segfleet
