// SPDX-License-Identifier: Apache-2.0
#include "fleet/loop/loop_calls.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

namespace segfleet {
namespace {

void wait_for_calls(const LoopCalls& calls) {
  pollfd readable{calls.fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 60'000), 1);
}

TEST(LoopCalls, AreMadeOnTheLoopsThreadBeforeTheCallerGoesOn) {
  LoopCalls calls;
  std::thread::id made_on;
  std::atomic<bool> made = false;
  std::thread caller([&] { made = calls.run([&] { made_on = std::this_thread::get_id(); }); });
  wait_for_calls(calls);
  calls.make();
  caller.join();
  EXPECT_TRUE(made);
  EXPECT_EQ(made_on, std::this_thread::get_id());
}

TEST(LoopCalls, ALoopThatEndsLetsItsCallersGo) {
  LoopCalls calls;
  std::atomic<bool> answered = true;
  bool made = false;
  std::thread caller([&] { answered = calls.run([&] { made = true; }); });
  wait_for_calls(calls);
  calls.close();
  caller.join();
  EXPECT_FALSE(answered);
  EXPECT_FALSE(made);
  EXPECT_FALSE(calls.run([&] { made = true; }));
  calls.make();
  EXPECT_FALSE(made);
}

}  // namespace
}  // namespace segfleet
