// SPDX-License-Identifier: Apache-2.0
// Workers that say that they cannot load: a device is lost with the last of them.
#include <gtest/gtest.h>

#include "dispatcher_driver.h"

namespace segfleet {
namespace {

TEST(DispatcherLoad, ALoadThatFailsLosesTheDeviceWithItsReason) {
  Driver driver(devices(2));
  driver.start(10);
  driver.dispatcher.worker_load_failed(0, 1, {ErrorCode::out_of_memory, "needs 8 GiB"}, 0);
  driver.obey();
  ASSERT_EQ(driver.lost.size(), 1u);
  EXPECT_EQ(driver.lost[0].error.message, "needs 8 GiB");
  driver.die(0, "exit status 1");
  driver.run_until(100 * kSecond_ns);
  EXPECT_FALSE(driver.slots[0].alive) << "not restarted";
  EXPECT_FALSE(driver.finished);
  driver.dispatcher.worker_load_failed(1, 1, {ErrorCode::engine_error, "other"}, 0);
  driver.obey();
  ASSERT_TRUE(driver.finished);
  EXPECT_EQ(driver.finished->error().code, ErrorCode::out_of_memory) << "of the first that was lost";
  EXPECT_NE(driver.finished->error().message.find("needs 8 GiB"), std::string::npos);
  EXPECT_EQ(driver.dispatcher.open_items(), 10u);
}

// Two workers on one device, of which the second has no room.
class OneOfTwo : public ::testing::Test {
 protected:
  OneOfTwo() : driver_(two()) { driver_.start(100); }
  static DispatcherOptions two() {
    DispatcherOptions options;
    options.device_of_slot = {0, 0};
    return options;
  }
  void cannot_load(SlotId slot) {
    driver_.dispatcher.worker_load_failed(slot, driver_.slots[slot].epoch,
                                          {ErrorCode::out_of_memory, "no room for two"}, driver_.now_ns);
    driver_.obey();
    driver_.die(slot, "exited with 1");
  }
  Driver driver_;
};

TEST_F(OneOfTwo, CannotLoadAndIsLeftOutWhileTheOtherGoesOn) {
  driver_.ready(0);
  cannot_load(1);
  ASSERT_EQ(driver_.retired.size(), 1u);
  EXPECT_EQ(driver_.retired[0].slot, 1u);
  EXPECT_EQ(driver_.retired[0].others, 1u);
  EXPECT_EQ(driver_.retired[0].error.message, "no room for two");
  EXPECT_TRUE(driver_.lost.empty());
  driver_.run_until(driver_.now_ns + 100 * kSecond_ns);
  EXPECT_FALSE(driver_.slots[1].alive) << "not restarted";
  driver_.done_all(0);
  ASSERT_TRUE(driver_.finished);
  EXPECT_TRUE(driver_.finished->ok());
}

TEST_F(OneOfTwo, CannotLoadWhileTheOtherStillLoads) {
  cannot_load(1);
  EXPECT_TRUE(driver_.lost.empty()) << "the other may find room now";
  driver_.ready(0);
  EXPECT_FALSE(driver_.held(0).empty());
}

TEST_F(OneOfTwo, CannotLoadAndTheOtherCannotEitherTheDeviceIsLost) {
  cannot_load(0);
  cannot_load(1);
  EXPECT_EQ(driver_.retired.size(), 1u);
  ASSERT_EQ(driver_.lost.size(), 1u);
  EXPECT_EQ(driver_.lost[0].error.message, "no room for two");
  ASSERT_TRUE(driver_.finished);
  EXPECT_EQ(driver_.finished->error().code, ErrorCode::out_of_memory);
}

}  // namespace
}  // namespace segfleet
