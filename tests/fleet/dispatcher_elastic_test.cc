// SPDX-License-Identifier: Apache-2.0
// What changes while the job runs: devices that come and go, pauses, measured slowdowns, too many failures.
#include <gtest/gtest.h>

#include "dispatcher_driver.h"

namespace segfleet {
namespace {

TEST(DispatcherPause, NothingIsHandedOutAndWhatIsLeasedFinishes) {
  Driver driver(devices(2));
  driver.start(100);
  driver.ready(0);
  driver.dispatcher.pause(driver.now_ns);
  driver.ready(1);
  driver.done_all(0);
  EXPECT_EQ(driver.dispatcher.leased_items(), 0u);
  EXPECT_EQ(driver.dispatcher.open_items(), 94u);
  EXPECT_FALSE(driver.finished);
}

TEST(DispatcherPause, ResumeFeedsEveryWorkerAgain) {
  Driver driver(devices(2));
  driver.start(100);
  driver.ready(0);
  driver.dispatcher.pause(driver.now_ns);
  driver.ready(1);
  driver.done_all(0);
  driver.dispatcher.resume(driver.now_ns);
  driver.obey();
  EXPECT_FALSE(driver.held(0).empty());
  EXPECT_FALSE(driver.held(1).empty());
}

TEST(DispatcherPause, LastItemsOfTheJobMayFinishIt) {
  Driver driver(devices(1));
  driver.start(3);
  driver.ready(0);
  driver.dispatcher.pause(driver.now_ns);
  driver.done_all(0);
  ASSERT_TRUE(driver.finished);
  EXPECT_TRUE(driver.finished->ok());
}

TEST(DispatcherAdd, NewDeviceGetsWorkersAndItems) {
  Driver driver(devices(1));
  driver.start(100);
  driver.ready(0);
  const Result<std::uint32_t> added = driver.add_device("gpu:7", 2);
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(*added, 1u);
  ASSERT_EQ(driver.slots.size(), 3u);
  EXPECT_TRUE(driver.slots[1].alive && driver.slots[2].alive);
  driver.ready(2);
  EXPECT_FALSE(driver.held(2).empty());
}

TEST(DispatcherAdd, LossOfANewDeviceNamesIt) {
  Driver driver(devices(1));
  driver.start(100);
  ASSERT_TRUE(driver.add_device("gpu:7", 1).ok());
  for (int i = 0; i < 5; ++i) {
    driver.die(1);
    driver.run_until(driver.now_ns + kSecond_ns);
  }
  ASSERT_EQ(driver.lost.size(), 1u);
  EXPECT_NE(driver.lost[0].error.message.find("gpu:7"), std::string::npos) << driver.lost[0].error.message;
}

TEST(DispatcherAdd, EndingJobTakesNoDevice) {
  Driver driver(devices(1));
  driver.start(100);
  driver.ready(0);
  driver.dispatcher.stop(driver.now_ns);
  EXPECT_FALSE(driver.add_device("gpu:7", 1).ok());
}

TEST(DispatcherAdd, JobInOrderTakesNoDevice) {
  DispatcherOptions options = devices(1);
  options.one_at_a_time = true;
  Driver driver(options);
  driver.start(100);
  EXPECT_FALSE(driver.add_device("gpu:7", 1).ok());
}

TEST(DispatcherRemove, ItsWorkersDrainAndAreNotRestarted) {
  Driver driver(devices(2));
  driver.start(100);
  driver.ready(0);
  driver.ready(1);
  ASSERT_TRUE(driver.dispatcher.remove_device(0, driver.now_ns).ok());
  driver.obey();
  EXPECT_TRUE(driver.slots[0].drained);
  driver.done_all(0);
  driver.die(0, "exited with status 0");
  driver.run_until(driver.now_ns + 60 * kSecond_ns);
  EXPECT_FALSE(driver.slots[0].alive);
  EXPECT_TRUE(driver.lost.empty());
  EXPECT_FALSE(driver.finished);
}

TEST(DispatcherRemove, WorkerThatStillLoadsIsKilled) {
  Driver driver(devices(2));
  driver.start(100);
  ASSERT_TRUE(driver.dispatcher.remove_device(1, driver.now_ns).ok());
  driver.obey();
  EXPECT_NE(driver.slots[1].killed_because, "");
}

TEST(DispatcherRemove, WithoutADeviceTheJobWaitsForTheNext) {
  Driver driver(devices(1));
  driver.start(8);
  driver.ready(0);
  ASSERT_TRUE(driver.dispatcher.remove_device(0, driver.now_ns).ok());
  driver.obey();
  driver.done_all(0);
  driver.die(0, "exited with status 0");
  EXPECT_FALSE(driver.finished);
  EXPECT_EQ(driver.dispatcher.open_items(), 2u);
  ASSERT_TRUE(driver.add_device("gpu:7", 1).ok());
  driver.ready(1);
  driver.done_all(1);
  ASSERT_TRUE(driver.finished);
  EXPECT_TRUE(driver.finished->ok());
}

TEST(DispatcherRemove, LossOfTheLastDeviceAfterARemovalEndsTheJob) {
  Driver driver(devices(2));
  driver.start(100);
  ASSERT_TRUE(driver.dispatcher.remove_device(0, driver.now_ns).ok());
  driver.obey();
  driver.die(0);
  driver.dispatcher.worker_load_failed(1, 1, {ErrorCode::out_of_memory, "no room"}, driver.now_ns);
  driver.obey();
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::out_of_memory);
}

TEST(DispatcherRemove, UnknownAndRemovedDevicesAreRefused) {
  Driver driver(devices(2));
  driver.start(100);
  EXPECT_FALSE(driver.dispatcher.remove_device(2, driver.now_ns).ok());
  EXPECT_TRUE(driver.dispatcher.remove_device(1, driver.now_ns).ok());
  EXPECT_FALSE(driver.dispatcher.remove_device(1, driver.now_ns).ok());
}

TEST(DispatcherSpeedShare, SlowedDeviceHoldsLessAtOnceAndMoreAgainLater) {
  Driver driver(devices(1));
  driver.start(1000);
  driver.ready(0, 4);
  EXPECT_EQ(driver.held(0).size(), 12u);
  driver.dispatcher.device_speed_share(0, 0.2, driver.now_ns);
  driver.obey();
  for (ItemId id = 0; id < 12; ++id) driver.done(0, id);
  EXPECT_EQ(driver.held(0).size(), 8u);  // what keeps the engine busy
  driver.dispatcher.device_speed_share(0, 1, driver.now_ns);
  driver.obey();
  EXPECT_EQ(driver.held(0).size(), 8u);  // not at once
  for (int i = 0; i < 8; ++i) driver.dispatcher.device_speed_share(0, 1, driver.now_ns);
  driver.obey();
  EXPECT_GE(driver.held(0).size(), 11u);
}

DispatcherOptions with_max_failures(std::uint64_t count) {
  DispatcherOptions options = devices(1);
  options.max_failures = count;
  return options;
}

TEST(DispatcherMaxFailures, OneMoreEndsTheJobOnceWhatIsLeasedIsFinished) {
  Driver driver(with_max_failures(1));
  driver.start(100);
  driver.ready(0);
  driver.failed(0, 0);
  EXPECT_FALSE(driver.slots[0].drained);
  driver.failed(0, 1);
  EXPECT_TRUE(driver.slots[0].drained);
  EXPECT_FALSE(driver.finished);
  driver.done_all(0);
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::too_many_failures);
}

TEST(DispatcherMaxFailures, TheCodeDoesNotDependOnWhatIsLeft) {
  Driver driver(with_max_failures(0));
  driver.start(1);
  driver.ready(0);
  driver.failed(0, 0);
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::too_many_failures);
}

TEST(DispatcherMaxFailures, CrashedItemsCount) {
  Driver driver(with_max_failures(0));
  driver.start(4);
  driver.ready(0);
  driver.done(0, 0);
  driver.die(0);
  for (int i = 0; i < 6 && !driver.finished; ++i) {
    driver.respawn(0);
    driver.done(0, 2);
    driver.done(0, 3);
    driver.die(0);
  }
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::too_many_failures);
}

TEST(DispatcherMaxFailures, FailuresBeforeTheStartCount) {
  DispatcherOptions options = with_max_failures(2);
  options.failures_before = 3;
  Driver driver(options);
  driver.start(100);
  EXPECT_FALSE(driver.slots[0].alive);
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::too_many_failures);
}

}  // namespace
}  // namespace segfleet
