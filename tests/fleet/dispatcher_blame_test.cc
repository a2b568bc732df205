// SPDX-License-Identifier: Apache-2.0
// What deaths say about items and devices.
#include <gtest/gtest.h>

#include <functional>

#include "dispatcher_driver.h"
#include "fleet/dispatch/dispatcher.h"

namespace segfleet {
namespace {

// One device with one slot that has shown that it works: its first items are leased, item 0 is done.
class WorkingDevice : public Driver {
 public:
  explicit WorkingDevice(std::uint64_t items, DispatcherOptions options = devices(1))
      : Driver(std::move(options)) {
    start(items);
    ready(0);
    done(0, 0);
  }
};

// Plays the job to its end: workers load, items finish, but those of `poison` kill their worker.
// Returns the deaths.
int play(Driver& driver, const std::function<bool(ItemId)>& poison) {
  int deaths = 0;
  for (int step = 0; step < 100'000 && !driver.finished; ++step) {
    bool progress = false;
    for (SlotId slot = 0; slot < driver.slots.size() && !driver.finished; ++slot) {
      if (!driver.slots[slot].alive) continue;
      driver.ready(slot);
      const std::vector<ItemId> held = driver.held(slot);
      if (held.empty()) continue;
      progress = true;
      if (poison(held.front())) {
        driver.die(slot);
        ++deaths;
      } else {
        driver.done(slot, held.front());
      }
    }
    if (!progress && !driver.finished) driver.run_until(driver.dispatcher.next_tick_ns());
  }
  return deaths;
}

TEST(DispatcherBlame, RestartsADeadWorkerAfterADelay) {
  WorkingDevice driver(100);
  driver.die(0);
  EXPECT_FALSE(driver.slots[0].alive);
  driver.run_until(99'000'000);
  EXPECT_FALSE(driver.slots[0].alive);
  driver.run_until(100'000'000);
  EXPECT_TRUE(driver.slots[0].alive);
  EXPECT_EQ(driver.slots[0].epoch, 2u);
}

TEST(DispatcherBlame, SuspectsAreTriedOneByOne) {
  WorkingDevice driver(6);  // 1 to 5 are left, all leased
  driver.die(0);
  driver.respawn(0);
  for (ItemId id = 1; id <= 5; ++id) {
    ASSERT_EQ(driver.held(0), std::vector<ItemId>{id});
    EXPECT_EQ(driver.dispatcher.attempts_of(id), 2u);
    driver.done(0, id);
  }
  ASSERT_TRUE(driver.finished);
  EXPECT_TRUE(driver.finished->ok());
  EXPECT_TRUE(driver.failures.empty());
}

TEST(DispatcherBlame, TwoDeathsAloneFailTheItemOnly) {
  WorkingDevice driver(6);
  const int deaths = 1 + play(driver, [](ItemId id) { return id == 3; });
  ASSERT_EQ(driver.failures.size(), 1u);
  EXPECT_EQ(driver.failures[0].id, 3u);
  EXPECT_EQ(driver.failures[0].error.code, ErrorCode::worker_crashed);
  EXPECT_EQ(driver.failures[0].attempts, 3u);
  EXPECT_NE(driver.failures[0].error.message.find("signal 11"), std::string::npos);
  EXPECT_EQ(deaths, 1 + 3);  // with the others, then twice alone
  ASSERT_TRUE(driver.finished);
  EXPECT_TRUE(driver.finished->ok());
}

TEST(DispatcherBlame, AnItemThatWasAloneByChanceCountsAsAlone) {
  DispatcherOptions options = devices(1);
  options.one_at_a_time = true;
  WorkingDevice driver(3, options);
  ASSERT_EQ(driver.held(0), std::vector<ItemId>{1});
  driver.die(0);
  driver.respawn(0);
  EXPECT_EQ(driver.held(0), std::vector<ItemId>{2}) << "one that nobody suspects goes first";
  driver.done(0, 2);
  EXPECT_EQ(driver.held(0), std::vector<ItemId>{1});
  driver.die(0);
  ASSERT_EQ(driver.failures.size(), 1u);
  EXPECT_EQ(driver.failures[0].attempts, 2u);
}

TEST(DispatcherBlame, TimeoutsFailAsTimeouts) {
  DispatcherOptions options = devices(1);
  options.one_at_a_time = true;
  WorkingDevice driver(2, options);
  for (int time = 0; time < 2; ++time) {
    driver.run_until(driver.now_ns + 300 * kSecond_ns);
    ASSERT_NE(driver.slots[0].killed_because, "");
    driver.die(0, "killed by signal 9");
    if (time == 0) driver.respawn(0);
  }
  ASSERT_EQ(driver.failures.size(), 1u);
  EXPECT_EQ(driver.failures[0].error.code, ErrorCode::worker_timeout);
}

TEST(DispatcherBlame, TheSecondTryIsOnAnotherDevice) {
  DispatcherOptions options = devices(2);
  options.one_at_a_time = true;
  Driver driver(options);
  driver.start(4);
  driver.ready(0);
  driver.done(0, 0);
  driver.ready(1);
  ASSERT_EQ(driver.held(0), std::vector<ItemId>{1});
  driver.die(0);
  driver.done(1, 2);  // so it works
  EXPECT_EQ(driver.held(1), std::vector<ItemId>{1});
  driver.done(1, 1);
  driver.done(1, 3);
  EXPECT_TRUE(driver.finished && driver.finished->ok());
}

TEST(DispatcherBlame, TheSameDeviceTriesAgainWhereNoOtherIsAlive) {
  DispatcherOptions options = devices(2);
  options.one_at_a_time = true;
  Driver driver(options);
  driver.start(2);
  driver.ready(0);
  driver.done(0, 0);
  driver.dispatcher.worker_load_failed(1, 1, {ErrorCode::out_of_memory, "no room"}, 0);
  driver.obey();
  driver.die(0);
  driver.respawn(0);
  EXPECT_EQ(driver.held(0), std::vector<ItemId>{1});
}

TEST(DispatcherBlame, AWaitingSuspectIsNotStarvedByPendingItems) {
  Driver driver(devices(2));
  driver.start(100'000);
  driver.ready(0);
  driver.ready(1);
  driver.done(0, driver.held(0).front());
  driver.done(1, driver.held(1).front());
  const std::vector<ItemId> suspects = driver.held(0);
  driver.die(0);
  std::set<ItemId> tried;
  for (int step = 0; step < 100 && tried.size() < suspects.size(); ++step) {
    const ItemId id = driver.held(1).front();
    if (std::count(suspects.begin(), suspects.end(), id) > 0) tried.insert(id);
    driver.done(1, id);
  }
  EXPECT_EQ(tried.size(), suspects.size());
}

TEST(DispatcherBlame, PendingItemsGoOnBesideSuspects) {
  Driver driver(devices(4));
  driver.start(100'000);
  for (SlotId slot = 0; slot < 4; ++slot) {
    driver.ready(slot, slot < 2 ? 8 : 1);  // 0 and 1 leave many suspects
    driver.done(slot, driver.held(slot).front());
  }
  for (const SlotId slot : {0u, 1u}) {
    driver.die(slot);
    driver.respawn(slot);
  }
  for (int round = 0; round < 12; ++round) {
    int alone = 0;
    for (SlotId slot = 0; slot < 4; ++slot) {
      alone += driver.dispatcher.attempts_of(driver.held(slot).front()) > 1 ? 1 : 0;
      driver.done(slot, driver.held(slot).front());
    }
    EXPECT_LE(alone, 2);
  }
}

TEST(DispatcherBlame, AfterADeathAloneAnItemThatNobodySuspectsComesFirst) {
  WorkingDevice driver(100);
  driver.die(0);
  driver.respawn(0);
  ASSERT_EQ(driver.dispatcher.attempts_of(driver.held(0).front()), 2u);
  driver.die(0);
  driver.respawn(0);
  ASSERT_EQ(driver.held(0).size(), 1u);
  EXPECT_EQ(driver.dispatcher.attempts_of(driver.held(0).front()), 1u);
}

TEST(DispatcherBlame, DeathsOnDevicesThatNeverWorkedDoNotFailAnItemWhileAnotherMayTry) {
  DispatcherOptions options = devices(3);
  options.one_at_a_time = true;
  Driver driver(options);
  driver.start(3);
  for (SlotId slot = 0; slot < 3; ++slot) driver.ready(slot);
  driver.die(0);
  driver.die(1);
  driver.respawn(0);
  ASSERT_EQ(driver.held(0), std::vector<ItemId>{1});
  driver.die(0);
  EXPECT_TRUE(driver.failures.empty());
  driver.done(2, 2);
  while (!driver.held(2).empty()) driver.done(2, driver.held(2).front());
  EXPECT_TRUE(driver.finished && driver.finished->ok());
}

TEST(DispatcherBlame, AHundredPoisonPicturesBetweenGoodOnesFailAlone) {
  for (const std::uint32_t count : {1u, 2u, 5u}) {
    Driver driver(devices(count));
    driver.start(300);
    play(driver, [](ItemId id) { return id % 3 == 1; });
    ASSERT_TRUE(driver.finished);
    EXPECT_TRUE(driver.finished->ok()) << driver.finished->error().message;
    EXPECT_EQ(driver.failures.size(), 100u);
    for (const RecordFailure& failure : driver.failures) EXPECT_EQ(failure.id % 3, 1u);
    EXPECT_TRUE(driver.lost.empty()) << driver.lost[0].error.message << " of " << count;
  }
}

TEST(DispatcherBlame, OnePoisonPictureIsTheOnlyItem) {
  for (const std::uint32_t count : {1u, 2u}) {
    Driver driver(devices(count));
    driver.start(1);
    EXPECT_EQ(play(driver, [](ItemId) { return true; }), 2);
    EXPECT_EQ(driver.failures.size(), 1u);
    EXPECT_TRUE(driver.finished && driver.finished->ok());
  }
}

TEST(DispatcherBlame, ADeviceThatDiesAtEveryItemIsLostAndItsItemsGoOn) {
  Driver driver(devices(2));
  driver.start(200);
  for (int step = 0; step < 10'000 && !driver.finished; ++step) {
    if (driver.slots[0].alive && driver.lost.empty()) {
      driver.ready(0);
      if (!driver.held(0).empty()) driver.die(0);
    }
    driver.ready(1);
    if (!driver.held(1).empty()) driver.done(1, driver.held(1).front());
    driver.run_until(driver.now_ns + kSecond_ns / 5);
  }
  ASSERT_EQ(driver.lost.size(), 1u);
  EXPECT_EQ(driver.lost[0].device, 0u);
  EXPECT_TRUE(driver.failures.empty());
  EXPECT_TRUE(driver.finished && driver.finished->ok());
}

TEST(DispatcherBlame, ABrokenEngineLosesTheDeviceBeforeItCondemnsItems) {
  Driver driver(devices(1));
  driver.start(1000);
  EXPECT_EQ(play(driver, [](ItemId) { return true; }), 5);
  EXPECT_TRUE(driver.failures.empty());
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::device_lost);
  EXPECT_EQ(driver.dispatcher.open_items(), 1000u);
}

TEST(DispatcherBlame, ADeviceThatTurnsBadIsLostAfterTenCondemnedInARow) {
  WorkingDevice driver(1000);
  play(driver, [](ItemId) { return true; });
  EXPECT_EQ(driver.lost.size(), 1u);
  EXPECT_LE(driver.failures.size(), 10u);
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::device_lost);
}

TEST(DispatcherBlame, DeathsWhileLoadingLoseTheDevice) {
  DispatcherOptions options = devices(1);
  options.device_names = {"cpu:0-3"};
  Driver driver(options);
  driver.start(10);
  std::int64_t last_ns = 0;
  std::vector<std::int64_t> delays_ms;
  for (int death = 0; death < 5; ++death) {
    driver.die(0, "killed by signal 7");
    last_ns = driver.now_ns;
    if (death == 4) break;
    driver.run_until(driver.dispatcher.next_tick_ns());
    while (!driver.slots[0].alive) driver.run_until(driver.dispatcher.next_tick_ns());
    delays_ms.push_back((driver.now_ns - last_ns) / 1'000'000);
  }
  EXPECT_EQ(delays_ms, (std::vector<std::int64_t>{100, 200, 400, 800}));
  ASSERT_EQ(driver.lost.size(), 1u);
  const std::string& message = driver.lost[0].error.message;
  EXPECT_EQ(driver.lost[0].error.code, ErrorCode::device_lost);
  for (const char* part : {"cpu:0-3", "5 times", "60 s", "signal 7"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::device_lost);
}

TEST(DispatcherBlame, DeathsWithNothingHeldLoseTheDevice) {
  Driver driver(devices(1));
  driver.dispatcher.start(0);
  driver.obey();
  for (int death = 0; death < 5; ++death) {
    driver.respawn(0);
    driver.die(0);
  }
  EXPECT_EQ(driver.lost.size(), 1u);
}

TEST(DispatcherBlame, WorkersOfALostDeviceFinishWhatTheyHold) {
  DispatcherOptions options;
  options.device_of_slot = {0, 0};
  options.device_deaths_limit = 1;
  Driver driver(options);
  driver.start(100);
  driver.ready(0);
  driver.die(1, "exited with 1");
  ASSERT_EQ(driver.lost.size(), 1u);
  EXPECT_TRUE(driver.slots[0].drained);
  EXPECT_FALSE(driver.finished);
  const std::size_t held = driver.held(0).size();
  driver.done_all(0);
  EXPECT_EQ(driver.dispatcher.open_items(), 100 - held);
  EXPECT_TRUE(driver.finished);
}

TEST(DispatcherBlame, ProgressForgivesOldDeaths) {
  Driver driver(devices(1));
  driver.start(100'000);
  for (int death = 0; death < 50; ++death) {
    driver.respawn(0);
    for (int i = 0; i < 3; ++i) driver.done(0, driver.held(0).front());
    driver.die(0);  // with several, after outcomes: an item explains it
  }
  EXPECT_TRUE(driver.lost.empty());
}

TEST(DispatcherBlame, AWorkerKilledRightBeforeItsLastOutcomeIsNobodysFault) {
  DispatcherOptions options = devices(1);
  options.one_at_a_time = true;
  options.item_timeout_ns = kSecond_ns;
  Driver driver(options);
  driver.start(100);
  for (int death = 0; death < 10; ++death) {
    driver.respawn(0);
    driver.run_until(driver.now_ns + kSecond_ns);
    ASSERT_NE(driver.slots[0].killed_because, "");
    ASSERT_TRUE(driver.done(0, driver.held(0).front()));
    driver.die(0, "killed by signal 9");
  }
  EXPECT_TRUE(driver.lost.empty());
}

TEST(DispatcherBlame, EventsOfADeadWorkerAreDropped) {
  WorkingDevice driver(100);
  driver.die(0);
  driver.dispatcher.worker_died(0, 1, "told twice", 0);
  driver.dispatcher.worker_ready(0, 1, {1, 1}, 0);
  driver.dispatcher.worker_load_failed(0, 1, {ErrorCode::internal, "late"}, 0);
  driver.obey();
  EXPECT_TRUE(driver.lost.empty());
  driver.respawn(0);
  driver.dispatcher.worker_died(0, 1, "epoch 1", 0);
  driver.obey();
  EXPECT_EQ(driver.held(0).size(), 1u);
}

}  // namespace
}  // namespace segfleet
