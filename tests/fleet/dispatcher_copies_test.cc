// SPDX-License-Identifier: Apache-2.0
// Stragglers and measured speeds.
#include <gtest/gtest.h>

#include "dispatcher_driver.h"

namespace segfleet {
namespace {

constexpr std::int64_t kItem_ns = 10'000'000;

void do_one(Driver& driver, SlotId slot) {
  const std::vector<ItemId> held = driver.held(slot);
  if (!held.empty()) driver.done(slot, held.front());
}

// Both are ready; slot 0 does an item every 10 ms and slot 1 as well for the first `rounds`, then nothing.
void make_straggler(Driver& driver) {
  driver.start(40);
  driver.ready(0);
  driver.ready(1);
  for (int round = 0; round < 100; ++round) {
    driver.run_until(driver.now_ns + kItem_ns);
    do_one(driver, 0);
    if (round < 10) do_one(driver, 1);
    if (driver.dispatcher.open_items() == driver.held(1).size()) break;
  }
}

TEST(DispatcherCopies, IdleWorkerGetsWhatIsOutForTooLong) {
  Driver driver(devices(2));
  make_straggler(driver);
  const std::vector<ItemId> out = driver.held(1);
  ASSERT_FALSE(out.empty());
  driver.run_until(driver.now_ns + kSecond_ns);
  ASSERT_EQ(driver.held(0).size(), 1u);
  const ItemId copied = driver.held(0).front();
  EXPECT_TRUE(std::ranges::find(out, copied) != out.end());
  EXPECT_EQ(driver.dispatcher.attempts_of(copied), 2u);
  EXPECT_EQ(driver.dispatcher.leased_items(), out.size());
}

TEST(DispatcherCopies, FirstOutcomeCountsAndTheOtherIsDropped) {
  Driver driver(devices(2));
  make_straggler(driver);
  driver.run_until(driver.now_ns + kSecond_ns);
  const ItemId copied = driver.held(0).front();
  const std::uint64_t open = driver.dispatcher.open_items();
  EXPECT_TRUE(driver.done(1, copied));
  EXPECT_EQ(driver.dispatcher.open_items(), open - 1);
  EXPECT_FALSE(driver.done(0, copied));
  EXPECT_EQ(driver.dispatcher.open_items(), open - 1);
}

TEST(DispatcherCopies, LoserThatStillRunsIsKilledAtTheEnd) {
  Driver driver(devices(2));
  make_straggler(driver);
  while (!driver.finished) {
    driver.run_until(driver.now_ns + kItem_ns);
    do_one(driver, 0);
  }
  EXPECT_TRUE(driver.finished->ok());
  EXPECT_NE(driver.slots[1].killed_because, "");
  EXPECT_TRUE(driver.slots[0].drained);
}

TEST(DispatcherCopies, DeathOfOneLeavesTheItemToTheOther) {
  Driver driver(devices(2));
  make_straggler(driver);
  driver.run_until(driver.now_ns + kSecond_ns);
  const ItemId copied = driver.held(0).front();
  driver.die(1);
  EXPECT_TRUE(driver.done(0, copied));
  EXPECT_TRUE(driver.failures.empty());
}

TEST(DispatcherCopies, NoneWhereItIsOffOrOneAtATime) {
  DispatcherOptions off = devices(2);
  off.speculate = false;
  DispatcherOptions in_order = devices(2);
  in_order.one_at_a_time = true;
  for (const DispatcherOptions& options : {off, in_order}) {
    Driver driver(options);
    make_straggler(driver);
    driver.run_until(driver.now_ns + 10 * kSecond_ns);
    EXPECT_TRUE(driver.held(0).empty());
  }
}

TEST(DispatcherCopies, NoneOfAPausedJob) {
  Driver driver(devices(2));
  make_straggler(driver);
  driver.dispatcher.pause(driver.now_ns);
  driver.done_all(0);
  driver.run_until(driver.now_ns + 10 * kSecond_ns);
  EXPECT_TRUE(driver.held(0).empty());
}

// Four times as fast: near the end it may hold more than the other.
TEST(DispatcherShares, FollowTheMeasuredSpeed) {
  Driver driver(devices(2));
  driver.start(120);
  driver.ready(0, 8);
  driver.ready(1, 8);
  for (int round = 0; driver.dispatcher.open_items() - driver.dispatcher.leased_items() > 10; ++round) {
    driver.run_until(driver.now_ns + kItem_ns);
    do_one(driver, 0);
    if (round % 4 == 0) do_one(driver, 1);
  }
  EXPECT_GE(driver.held(0).size(), driver.held(1).size());
  EXPECT_LE(driver.held(1).size(), 16u);
}

}  // namespace
}  // namespace segfleet
