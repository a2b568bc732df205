// SPDX-License-Identifier: Apache-2.0
// What a loop makes of devices that come and go, told by its plan alone: no worker is started.
#include <gtest/gtest.h>

#include "fleet/loop/event_loop.h"

namespace segfleet {
namespace {

class NoItems : public ItemFeed {
 public:
  void feed(Dispatcher& /*dispatcher*/) override {}
  bool has(ItemId /*id*/) const override { return false; }
  LeasedItem leased(const LeaseEntry& /*entry*/) const override { return {}; }
};

class NoBooks : public LoopListener {
 public:
  void worker_started(SlotId, int) override {}
  void worker_ready(SlotId, const Ready&) override {}
  void worker_stats(SlotId, const Stats&) override {}
  Status worker_ended(SlotId, const std::string&, WorkerEnd) override { return {}; }
  void device_lost(std::uint32_t, const Error&) override {}
  void device_sampled(std::uint32_t, const DeviceSample&) override {}
  void note(const std::string&) override {}
  Status outcome(SlotId, int, Outcome, std::uint32_t, UniqueFd) override { return {}; }
  Status late_outcome(const Outcome&) override { return {}; }
  Status failure_by_dispatcher(const RecordFailure&) override { return {}; }
  Status tick(std::int64_t) override { return {}; }
  std::int64_t next_tick_ns() const override { return INT64_MAX; }
};

TEST(EventElastic, TheHostsMemoryIsSharedAmongThoseThatAreThere) {
  auto planned = plan_workers({}, ModelPackage(),
                              {{"cpu:0", "cpu", {0}}, {"cpu:1", "cpu", {1}}, {"cpu:2", "cpu", {2}}}, false);
  ASSERT_TRUE(planned.ok());
  WorkerPlan plan = *std::move(planned);
  DispatcherOptions options;
  options.device_of_slot = {0, 1, 2};
  Dispatcher dispatcher(std::move(options));
  NoItems items;
  NoBooks books;
  const StopRequest stop;
  EventLoop loop(plan, items, dispatcher, books, stop);
  const auto sharers = [&](std::size_t slot) { return plan.slots[slot].setup.memory.sharers; };
  EXPECT_EQ(sharers(1), 3);
  ASSERT_TRUE(loop.remove_device(0).ok());
  EXPECT_EQ(sharers(1), 2);
  EXPECT_EQ(sharers(2), 2);
  ASSERT_TRUE(loop.add_device(plan.devices[0], {plan.slots[0]}).ok());
  EXPECT_EQ(sharers(1), 3);
  EXPECT_EQ(sharers(3), 3);
}

}  // namespace
}  // namespace segfleet
