// SPDX-License-Identifier: Apache-2.0
#include "base/ring.h"

#include <gtest/gtest.h>

#include <memory>

namespace segfleet {
namespace {

TEST(Ring, KeepsTheOrderWhileItWrapsAndGrows) {
  Ring<int> ring;
  int next_in = 0;
  int next_out = 0;
  for (int turn = 0; turn < 200; ++turn) {  // in by three, out by two: it moves along and grows
    for (int i = 0; i < 3; ++i) ring.push_back(next_in++);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ring.pop_front(), next_out++);
  }
  EXPECT_EQ(ring.size(), 200u);
  while (!ring.empty()) EXPECT_EQ(ring.pop_front(), next_out++);
  EXPECT_EQ(next_out, next_in);
}

TEST(Ring, WhatIsTakenFromTheMiddleLeavesTheOrderOfTheRest) {
  Ring<int> ring;
  for (int i = 0; i < 12; ++i) ring.push_back(-1);
  for (int i = 0; i < 12; ++i) ring.pop_front();  // so that what follows lies around the end
  for (int i = 0; i < 10; ++i) ring.push_back(i);
  std::vector<int> odd;
  ring.take_if([](int value) { return value % 2 == 1; }, [&](int value) { odd.push_back(value); });
  EXPECT_EQ(odd, (std::vector<int>{1, 3, 5, 7, 9}));
  for (const int expected : {0, 2, 4, 6, 8}) EXPECT_EQ(ring.pop_front(), expected);
  EXPECT_TRUE(ring.empty());
}

TEST(Ring, HoldsNothingOfWhatWasTakenOut) {
  Ring<std::shared_ptr<int>> ring;
  const auto value = std::make_shared<int>(1);
  ring.push_back(value);
  ring.push_back(value);
  ring.pop_front();
  ring.take_if([](const auto&) { return true; }, [](const auto&) {});
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace segfleet
