// SPDX-License-Identifier: Apache-2.0
// Handing out, ends, timeouts. Deaths: dispatcher_blame_test.cc.
#include "fleet/dispatch/dispatcher.h"

#include <gtest/gtest.h>

#include "dispatcher_driver.h"

namespace segfleet {
namespace {

TEST(Dispatcher, SpawnsOneWorkerForEachSlot) {
  Driver driver(devices(3));
  driver.start(10);
  for (const auto& slot : driver.slots) EXPECT_TRUE(slot.alive);
  EXPECT_EQ(driver.slots[0].epoch, 1u);
}

TEST(Dispatcher, NoItemsEndWell) {
  Driver driver(devices(2));
  driver.start(0);
  ASSERT_TRUE(driver.finished);
  EXPECT_TRUE(driver.finished->ok());
  EXPECT_NE(driver.slots[0].killed_because, "");
}

TEST(Dispatcher, AWorkerHoldsItsCreditAndNoMore) {
  Driver driver(devices(1));
  driver.start(1000);
  driver.ready(0, 2, 2);
  EXPECT_EQ(driver.held(0).size(), 12u);
  EXPECT_EQ(driver.slots[0].leases, 1);
  EXPECT_EQ(driver.dispatcher.leased_items(), 12u);
}

TEST(Dispatcher, RefillsInGroups) {
  Driver driver(devices(1));
  driver.start(1000);
  driver.ready(0, 2, 2);  // credit 12: a gap of 3 is worth a message
  driver.done(0, 0);
  driver.done(0, 1);
  EXPECT_EQ(driver.slots[0].leases, 1);
  driver.done(0, 2);
  EXPECT_EQ(driver.slots[0].leases, 2);
  EXPECT_EQ(driver.held(0).size(), 12u);
}

TEST(Dispatcher, SeveralOutcomesMakeOneLease) {
  Driver driver(devices(1));
  driver.start(1000);
  driver.ready(0);
  for (ItemId id = 0; id < 5; ++id) EXPECT_TRUE(driver.dispatcher.item_done(0, 1, id, 1, driver.now_ns));
  driver.obey();
  EXPECT_EQ(driver.slots[0].leases, 2);
  EXPECT_EQ(driver.dispatcher.leased_items(), 6u);
}

TEST(Dispatcher, CreditFollowsTheEnginesIdleShare) {
  Driver driver(devices(1));
  driver.start(1000);
  driver.ready(0);
  EXPECT_EQ(driver.held(0).size(), 6u);
  driver.dispatcher.worker_stats(0, 1, 0.3, driver.now_ns);
  driver.obey();
  EXPECT_EQ(driver.held(0).size(), 9u);
}

TEST(Dispatcher, WhatAWorkerHoldsFollowsItsBatch) {
  Driver driver(devices(1));
  driver.start(1000);
  driver.ready(0, 2, 2);
  EXPECT_EQ(driver.held(0).size(), 12u);
  driver.dispatcher.worker_batch(0, 1, 4, driver.now_ns);
  driver.obey();
  EXPECT_EQ(driver.held(0).size(), 20u);
  driver.dispatcher.worker_batch(0, 1, 1, driver.now_ns);
  driver.obey();
  for (ItemId id = 0; id < 17; ++id) driver.done(0, id);
  EXPECT_LE(driver.held(0).size(), 8u) << "batches became smaller: it gets less";
  driver.dispatcher.worker_batch(0, 7, 100, driver.now_ns);
  driver.obey();
  EXPECT_LE(driver.held(0).size(), 8u) << "of another worker";
}

TEST(Dispatcher, CreditStaysWhereNothingIsPending) {
  Driver driver(devices(1));
  driver.start(6);
  driver.ready(0);
  driver.dispatcher.worker_stats(0, 1, 0.9, driver.now_ns);
  driver.dispatcher.source_item(6);
  for (ItemId id = 7; id < 100; ++id) driver.dispatcher.source_item(id);
  driver.obey();
  EXPECT_EQ(driver.held(0).size(), 6u);
}

TEST(Dispatcher, OneAtATimeHoldsOne) {
  DispatcherOptions options = devices(1);
  options.one_at_a_time = true;
  Driver driver(options);
  driver.start(10);
  driver.ready(0, 4, 4);
  EXPECT_EQ(driver.held(0), std::vector<ItemId>{0});
  driver.done(0, 0);
  EXPECT_EQ(driver.held(0), std::vector<ItemId>{1});
}

TEST(Dispatcher, FewItemsAreSharedEvenly) {
  Driver driver(devices(2));
  driver.dispatcher.start(0);
  driver.obey();
  driver.ready(0, 4, 2);
  driver.ready(1, 4, 2);
  for (ItemId id = 0; id < 8; ++id) driver.dispatcher.source_item(id);
  driver.obey();
  EXPECT_EQ(driver.held(0).size(), 4u);
  EXPECT_EQ(driver.held(1).size(), 4u);
  EXPECT_EQ(driver.slots[0].leases, 1);
}

TEST(Dispatcher, QueuesGetShortNearTheEnd) {
  Driver driver(devices(4));
  driver.start(400);
  for (SlotId slot = 0; slot < 4; ++slot) driver.ready(slot, 4, 1);
  EXPECT_EQ(driver.held(3).size(), 12u);
  while (driver.dispatcher.open_items() > driver.dispatcher.leased_items())
    for (SlotId slot = 0; slot < 3; ++slot)
      if (!driver.held(slot).empty()) driver.done(slot, driver.held(slot).front());
  for (SlotId slot = 0; slot < 3; ++slot) EXPECT_LE(driver.held(slot).size(), 8u);  // 2 × batch
}

TEST(Dispatcher, ALateItemGoesToAnIdleWorkerFirst) {
  Driver driver(devices(2));
  driver.dispatcher.start(0);
  for (ItemId id = 0; id < 2; ++id) driver.dispatcher.source_item(id);
  driver.obey();
  driver.ready(0);
  driver.ready(1);
  ASSERT_EQ(driver.held(1).size() + driver.held(0).size(), 2u);
  driver.done_all(1);
  driver.dispatcher.source_item(50);
  driver.obey();
  EXPECT_EQ(driver.held(1), std::vector<ItemId>{50});
}

TEST(Dispatcher, AWorkerThatWantedMoreGetsWhatComesLater) {
  Driver driver(devices(1));
  driver.dispatcher.start(0);
  driver.dispatcher.source_item(0);
  driver.obey();
  driver.ready(0);
  EXPECT_EQ(driver.held(0).size(), 1u);
  for (ItemId id = 1; id < 20; ++id) driver.dispatcher.source_item(id);
  driver.obey();
  EXPECT_EQ(driver.held(0).size(), 6u);
}

TEST(Dispatcher, ForeignAndRepeatedOutcomesChangeNothing) {
  Driver driver(devices(2));
  driver.start(100);
  driver.ready(0);
  Dispatcher& d = driver.dispatcher;
  EXPECT_FALSE(d.item_done(0, 2, 0, 1, 0)) << "epoch";
  EXPECT_FALSE(d.item_done(0, 1, 0, 2, 0)) << "attempt";
  EXPECT_FALSE(d.item_done(1, 1, 0, 1, 0)) << "slot";
  EXPECT_FALSE(d.item_done(99, 1, 0, 1, 0)) << "no such slot";
  EXPECT_FALSE(d.item_failed(0, 1, 77, 1, 0)) << "not leased";
  EXPECT_EQ(d.open_items(), 100u);
  EXPECT_TRUE(d.item_failed(0, 1, 0, 1, 0));
  EXPECT_FALSE(d.item_done(0, 1, 0, 1, 0)) << "twice";
  EXPECT_EQ(d.open_items(), 99u);
}

TEST(Dispatcher, EndsWhenEveryItemHasItsOutcome) {
  Driver driver(devices(2));
  driver.start(3);
  driver.ready(0);
  while (!driver.held(0).empty()) {
    EXPECT_FALSE(driver.finished);
    driver.done(0, driver.held(0).front());
  }
  ASSERT_TRUE(driver.finished);
  EXPECT_TRUE(driver.finished->ok());
  EXPECT_TRUE(driver.slots[0].drained);
  EXPECT_NE(driver.slots[1].killed_because, "") << "still loading";
  EXPECT_EQ(driver.dispatcher.next_tick_ns(), INT64_MAX);
  driver.die(0);
  EXPECT_TRUE(driver.lost.empty());
}

TEST(Dispatcher, StopFinishesWhatIsLeasedAndNothingElse) {
  Driver driver(devices(2));
  driver.start(100);
  driver.ready(0);
  driver.dispatcher.stop(driver.now_ns);
  driver.obey();
  EXPECT_TRUE(driver.slots[0].drained);
  EXPECT_NE(driver.slots[1].killed_because, "");
  EXPECT_FALSE(driver.finished);
  driver.done_all(0);
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::interrupted);
  EXPECT_EQ(driver.dispatcher.open_items(), 94u);
}

TEST(Dispatcher, StopLeavesSuspectsPending) {
  Driver driver(devices(1));
  driver.start(100);
  driver.ready(0);
  driver.dispatcher.stop(driver.now_ns);
  driver.obey();
  driver.die(0);
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::interrupted);
  EXPECT_EQ(driver.dispatcher.open_items(), 100u);
  EXPECT_TRUE(driver.failures.empty());
}

TEST(Dispatcher, StopBeforeAnyWorkerIsReadyEndsAtOnce) {
  Driver driver(devices(1));
  driver.start(5);
  driver.dispatcher.stop(driver.now_ns);
  driver.obey();
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::interrupted);
}

TEST(Dispatcher, StopWhileTheLastItemsAreLeasedEndsWell) {
  Driver driver(devices(1));
  driver.start(3);
  driver.ready(0);
  driver.dispatcher.stop(driver.now_ns);
  driver.done_all(0);
  ASSERT_TRUE(driver.finished);
  EXPECT_TRUE(driver.finished->ok());
}

TEST(Dispatcher, StillWatchesTheClockAfterAStop) {
  Driver driver(devices(1));
  driver.start(3);
  driver.ready(0);
  driver.dispatcher.stop(driver.now_ns);
  driver.obey();
  driver.run_until(301 * kSecond_ns);
  EXPECT_NE(driver.slots[0].killed_because, "");
  driver.die(0);
  EXPECT_TRUE(driver.finished);
}

TEST(Dispatcher, AbortKillsEveryWorkerAndEndsAtOnce) {
  Driver driver(devices(2));
  driver.start(100);
  driver.ready(0);
  driver.dispatcher.abort({ErrorCode::no_space, "disk full"}, driver.now_ns);
  driver.obey();
  EXPECT_EQ(driver.slots[0].killed_because, "disk full");
  EXPECT_EQ(driver.slots[1].killed_because, "disk full");
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::no_space);
  EXPECT_FALSE(driver.dispatcher.item_done(0, 1, 0, 1, driver.now_ns));
}

TEST(Dispatcher, KillsAWorkerThatGivesNoOutcomeInTime) {
  Driver driver(devices(1));
  driver.start(100);
  driver.ready(0);
  driver.run_until(299 * kSecond_ns);
  driver.done(0, 0);
  driver.run_until(598 * kSecond_ns);
  EXPECT_EQ(driver.slots[0].killed_because, "") << "300 s count from the last outcome";
  driver.run_until(600 * kSecond_ns);
  EXPECT_NE(driver.slots[0].killed_because, "");
}

TEST(Dispatcher, AnOutcomeBetweenKillAndDeathCounts) {
  Driver driver(devices(1));
  driver.start(100);
  driver.ready(0);
  driver.run_until(301 * kSecond_ns);
  ASSERT_NE(driver.slots[0].killed_because, "");
  EXPECT_TRUE(driver.done(0, 0));
}

TEST(Dispatcher, AnIdleWorkerHasNoDeadline) {
  Driver driver(devices(1));
  driver.dispatcher.start(0);
  driver.obey();
  driver.ready(0);
  driver.run_until(100000 * kSecond_ns);
  EXPECT_EQ(driver.slots[0].killed_because, "");
}

TEST(Dispatcher, KillsAWorkerThatDoesNotLoadInTime) {
  Driver driver(devices(1));
  driver.start(1);
  driver.run_until(599 * kSecond_ns);
  EXPECT_EQ(driver.slots[0].killed_because, "");
  driver.run_until(600 * kSecond_ns);
  EXPECT_NE(driver.slots[0].killed_because, "");
}

TEST(Dispatcher, NoDeviceIsAnErrorThatSaysSo) {
  Driver driver(DispatcherOptions{});
  driver.start(1);
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace segfleet
