// SPDX-License-Identifier: Apache-2.0
// What workers are told of memory and batches, and what the coordinator remembers of them.
#include <gtest/gtest.h>

#include "fleet/loop/device_batches.h"
#include "fleet/loop/worker_plan.h"

namespace segfleet {
namespace {

WorkerPlan plan_of(const ComputeOptions& options, const std::vector<std::string>& names) {
  std::vector<Device> devices;
  for (const std::string& name : names) {
    const bool cpu = name.starts_with("cpu");
    devices.push_back({name, cpu ? "cpu" : name, {0, 1}});
  }
  auto plan = plan_workers(options, ModelPackage(), std::move(devices), false);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  return plan.ok() ? *std::move(plan) : WorkerPlan();
}

TEST(MemoryPlan, CpuDevicesShareOneMemoryAndCardsHaveTheirOwn) {
  ComputeOptions options;
  options.workers_per_device = 2;
  options.memory_limit = MemoryAmount{1000, 0};
  const WorkerPlan plan = plan_of(options, {"cpu:0", "cpu:1", "npu:0"});
  ASSERT_EQ(plan.slots.size(), 6u);
  EXPECT_EQ(plan.slots[0].setup.memory.limit_bytes, 1000u);
  EXPECT_EQ(plan.slots[0].setup.memory.workers, 2);
  EXPECT_EQ(plan.slots[0].setup.memory.sharers, 4);
  EXPECT_EQ(plan.slots[5].setup.memory.sharers, 2);
  EXPECT_FALSE(plan.slots[0].setup.memory.grow_batch);
}

WorkerSlot slot_on(std::uint32_t device, const ComputeOptions& options, const std::string& name) {
  WorkerSlot slot = plan_of(options, {name}).slots.front();
  slot.device = device;
  return slot;
}

TEST(MemoryPlan, ADeviceThatIsAddedCountsAmongThoseThatShareTheHostsMemory) {
  const ComputeOptions options;
  WorkerPlan plan = plan_of(options, {"cpu:0", "cpu:1", "npu:0"});
  plan.devices.push_back({"cpu:2", "cpu", {2}});
  plan.slots.push_back(slot_on(3, options, "cpu:2"));
  ASSERT_EQ(plan.slots[3].setup.memory.sharers, 1) << "planned alone";
  share_host_memory(plan, [](std::uint32_t) { return true; });
  EXPECT_EQ(plan.slots[3].setup.memory.sharers, 3);
  EXPECT_EQ(plan.slots[0].setup.memory.sharers, 3) << "also for those that are started again";
  EXPECT_EQ(plan.slots[2].setup.memory.sharers, 1) << "a card has its own";
  share_host_memory(plan, [](std::uint32_t device) { return device != 1; });
  EXPECT_EQ(plan.slots[3].setup.memory.sharers, 2) << "one was removed";
}

TEST(MemoryPlan, ACpuDeviceIsNotAddedToALimitInPercentThatIsDividedAlready) {
  ComputeOptions options;
  options.memory_limit = MemoryAmount{0, 0.8};
  const WorkerPlan plan = plan_of(options, {"cpu:0", "npu:0"});
  const auto all = [](std::uint32_t) { return true; };
  const Status refused = check_memory_share(plan, all, {"cpu:2", "cpu", {2}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(refused.error().message.find("cannot add cpu:2: --memory-limit 80%"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(check_memory_share(plan, all, {"npu:1", "npu:1", {2}}).ok()) << "a card has its own memory";
  const auto removed = [](std::uint32_t device) { return device != 0; };
  EXPECT_TRUE(check_memory_share(plan, removed, {"cpu:2", "cpu", {2}}).ok());
  options.memory_limit = MemoryAmount{1000, 0};
  const WorkerPlan in_bytes = plan_of(options, {"cpu:0"});
  EXPECT_TRUE(check_memory_share(in_bytes, all, {"cpu:2", "cpu", {2}}).ok()) << "bytes are of each device";
}

TEST(MemoryPlan, GrowingBatchesHaveAnEndThatDependsOnTheDevice) {
  ComputeOptions options;
  options.batch = kAutoBatch;
  const WorkerPlan plan = plan_of(options, {"cpu:0", "gpu:0"});
  EXPECT_TRUE(plan.slots[0].setup.memory.grow_batch);
  EXPECT_EQ(plan.slots[0].setup.engine_options.batch, 8);
  EXPECT_EQ(plan.slots[1].setup.engine_options.batch, 32);
}

TEST(WorkerPlan, WorkersOfSimulatedDevicesAreLightAndUnbound) {
  const WorkerPlan plan = plan_of({}, {"sim:0", "cpu:0"});
  EXPECT_TRUE(plan.slots[0].cores.empty());
  EXPECT_EQ(plan.slots[0].setup.helper_threads, 1);
  EXPECT_EQ(plan.slots[0].setup.engine_options.threads, 1);
  EXPECT_EQ(plan.slots[1].cores.size(), 2u);
}

TEST(DeviceBatches, TheNextWorkerBeginsWithHalfOfWhatTheLastOneDiedWith) {
  ComputeOptions options;
  options.batch = 8;
  options.workers_per_device = 2;
  DeviceBatches batches(plan_of(options, {"sim:0", "sim:1"}));
  EXPECT_EQ(batches.first_batch(0), 0) << "as planned";
  batches.ready(0, 8);
  EXPECT_EQ(batches.died(0), 4);
  EXPECT_EQ(batches.first_batch(0), 4);
  EXPECT_EQ(batches.first_batch(1), 4) << "the other worker of the device as well";
  EXPECT_EQ(batches.first_batch(2), 0) << "another device";
  batches.ready(0, 8);
  EXPECT_EQ(batches.died(0), 2) << "it had begun with 4";
  batches.ready(0, 8);
  batches.reported(0, 3);
  EXPECT_EQ(batches.first_batch(0), 3) << "it has grown again";
  batches.reported(0, 1);
  EXPECT_EQ(batches.died(0), 0) << "with one picture at a time, the batch is not to blame";
  EXPECT_EQ(batches.died(0), 0) << "while loading nothing has run";
}

TEST(DeviceBatches, AGrowingBatchIsOneUntilItIsReported) {
  ComputeOptions options;
  options.batch = kAutoBatch;
  DeviceBatches batches(plan_of(options, {"sim:0"}));
  batches.ready(0, 32);
  EXPECT_EQ(batches.died(0), 0);
  batches.ready(0, 32);
  batches.reported(0, 16);
  EXPECT_EQ(batches.died(0), 8);
}

TEST(DeviceBatches, AWorkerIsFedForAFewTimesTheBatchItUses) {
  ComputeOptions options;
  options.batch = kAutoBatch;
  DeviceBatches batches(plan_of(options, {"sim:0"}));
  batches.ready(0, 32);
  EXPECT_EQ(batches.to_feed(0), 4) << "it begins with 1";
  batches.reported(0, 4);
  EXPECT_EQ(batches.to_feed(0), 16);
  batches.reported(0, 16);
  EXPECT_EQ(batches.to_feed(0), 32) << "no more than it can have";
  batches.reported(0, 0);
  EXPECT_EQ(batches.to_feed(0), 32) << "it does not know";
}

TEST(WorkerPlan, HelperThreadsMayBecomeAsManyAsAWorkersCores) {
  ComputeOptions options;
  const WorkerPlan one = plan_of(options, {"cpu:0", "sim:0"});
  EXPECT_EQ(one.slots[0].setup.helper_threads, 1);
  EXPECT_EQ(one.slots[0].setup.helper_threads_limit, 2);
  EXPECT_EQ(one.slots[1].setup.helper_threads_limit, 2);
  options.workers_per_device = 2;
  const WorkerPlan two = plan_of(options, {"cpu:0", "sim:0"});
  EXPECT_EQ(two.slots[0].setup.helper_threads_limit, 1) << "workers share the cores out";
  EXPECT_EQ(two.slots[2].setup.helper_threads_limit, 1) << "simulated ones, too";
  const auto in_order = plan_workers({}, ModelPackage(), {{"cpu:0", "cpu", {0, 1}}}, true);
  EXPECT_EQ(in_order->slots[0].setup.helper_threads_limit, 1) << "one after the other";
}

TEST(MemoryAmounts, AreBytesOrAShare) {
  EXPECT_EQ(parse_memory_amount("4GiB")->bytes, 4ULL << 30U);
  EXPECT_DOUBLE_EQ(parse_memory_amount("80%")->share, 0.8);
  EXPECT_EQ(parse_memory_amount("80%")->bytes, 0u);
  for (const char* text : {"", "%", "-1%", "101%", "80 %%", "x80%", "lots"}) {
    const auto amount = parse_memory_amount(text);
    ASSERT_FALSE(amount.ok()) << text;
    EXPECT_EQ(amount.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace segfleet
