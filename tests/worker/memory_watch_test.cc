// SPDX-License-Identifier: Apache-2.0
#include "worker/memory_watch.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

constexpr std::uint64_t kMib = 1ULL << 20U;

MemoryPlan with_limit(std::uint64_t limit_mib) {
  MemoryPlan plan;
  plan.limit_bytes = limit_mib * kMib;
  return plan;
}

TEST(MemoryBudget, IsWhatIsFreeBesideTheReserve) {
  MemoryPlan plan;
  plan.reserve_bytes = 100 * kMib;
  EXPECT_EQ(memory_budget(plan, {300 * kMib, 500 * kMib, 1000 * kMib}), 700 * kMib);
  EXPECT_EQ(memory_budget(plan, {300 * kMib, 50 * kMib, 1000 * kMib}), 300 * kMib) << "what it has, it keeps";
  plan.reserve_bytes = 0;
  plan.reserve_share = 0.25;
  EXPECT_EQ(memory_budget(plan, {300 * kMib, 500 * kMib, 1000 * kMib}), 550 * kMib);
}

TEST(MemoryBudget, LimitAndFreeMemoryAreSharedByTheWorkers) {
  MemoryPlan plan = with_limit(400);
  plan.workers = 2;
  plan.sharers = 4;
  EXPECT_EQ(memory_budget(plan, {100 * kMib, 800 * kMib, 1000 * kMib}), 200 * kMib);
  EXPECT_EQ(memory_budget(plan, {100 * kMib, 200 * kMib, 1000 * kMib}), 150 * kMib);
  plan.limit_bytes = 0;
  plan.limit_share = 0.8;
  EXPECT_EQ(memory_budget(plan, {100 * kMib, 800 * kMib, 1000 * kMib}), 200 * kMib);
}

TEST(MemoryLimit, MoreThanTheDeviceHasIsRefusedWithBothNumbers) {
  EXPECT_TRUE(worker_limit(with_limit(1000), "gpu:0", 1000 * kMib).ok());
  const auto refused = worker_limit(with_limit(2048), "gpu:0", 1024 * kMib);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused.error().message,
            "--memory-limit 2.0 GiB is more than gpu:0 has, 1.0 GiB: give less, or leave it out");
}

// A device of 1000 MiB with a model of 200 MiB, and 50 MiB for each item of the largest batch of each lane.
struct Device {
  std::uint64_t used_mib = 200;
  ReadMemory reader() {
    return [this] { return DeviceMemory{used_mib * kMib, (1000 - used_mib) * kMib, 1000 * kMib}; };
  }
};

TEST(MemoryWatch, TellsWhatFitsByModelAndFirstBatch) {
  Device device;
  MemoryWatch watch(with_limit(600), device.reader(), 1);
  ASSERT_TRUE(watch.loaded());
  EXPECT_FALSE(watch.fitting()) << "nothing has run";
  EXPECT_TRUE(watch.awaits_first_call());
  device.used_mib = 250;
  watch.ran(0, 1);
  EXPECT_FALSE(watch.awaits_first_call());
  EXPECT_EQ(watch.fitting(), 8);
  EXPECT_EQ(watch.needed_bytes(4), 400 * kMib);
}

TEST(MemoryWatch, LearnsFromLargerBatches) {
  Device device;
  MemoryWatch watch(with_limit(600), device.reader(), 1);
  watch.loaded();
  device.used_mib = 300;  // half of it a workspace that comes once
  watch.ran(0, 1);
  EXPECT_EQ(watch.fitting(), 4);
  device.used_mib = 400;
  watch.ran(0, 4);
  EXPECT_EQ(watch.fitting(), 8);
}

TEST(MemoryWatch, EveryLaneTakesItsOwn) {
  Device device;
  MemoryWatch watch(with_limit(600), device.reader(), 2);
  watch.loaded();
  device.used_mib = 250;
  watch.ran(0, 1);
  EXPECT_EQ(watch.fitting(), 4);
  device.used_mib = 300;
  watch.ran(1, 1);
  EXPECT_EQ(watch.fitting(), 4);
}

TEST(MemoryWatch, WhatCannotBeMeasuredIsNotGuessed) {
  MemoryWatch watch({}, [] { return std::optional<DeviceMemory>(); }, 1);
  EXPECT_FALSE(watch.loaded());
  watch.ran(0, 4);
  EXPECT_FALSE(watch.fitting());
  EXPECT_EQ(watch.budget_bytes(), 0u);
}

}  // namespace
}  // namespace segfleet
