// SPDX-License-Identifier: Apache-2.0
// The meter of a run whose devices come and go.
#include "fleet/progress_meter.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class ElasticMeter : public ::testing::Test {
 protected:
  ElasticMeter() { add("gpu:0"); }
  void add(const std::string& name) {
    plan_.devices.push_back({name, name, {0}});
    WorkerSlot slot;
    slot.device = static_cast<std::uint32_t>(plan_.devices.size() - 1);
    plan_.slots.push_back(slot);
  }
  void start_worker(std::uint32_t slot) {
    meter_->worker_started(slot);
    meter_->worker_ready(slot, {});
  }
  WorkerPlan plan_;
  std::optional<ProgressMeter> meter_;
};

TEST_F(ElasticMeter, CountsADeviceFromWhenItIsAdded) {
  meter_.emplace(plan_, 100, 0, 0);
  start_worker(0);
  meter_->update(kSecond);
  add("gpu:1");
  meter_->device_added(plan_);
  start_worker(1);
  for (int i = 0; i < 10; ++i) meter_->item_done(1);
  const Progress& progress = meter_->update(2 * kSecond);
  ASSERT_EQ(progress.devices.size(), 2U);
  EXPECT_EQ(progress.devices[1].done, 10U);
  EXPECT_EQ(progress.devices[1].state, "running");
  EXPECT_DOUBLE_EQ(progress.devices[1].items_per_s, 5);
}

TEST_F(ElasticMeter, ARemovedDeviceThatComesAgainGoesOnInItsEntry) {
  meter_.emplace(plan_, 100, 0, 0);
  start_worker(0);
  meter_->item_done(0);
  meter_->device_removed(0);
  meter_->worker_ended(0, true);
  EXPECT_EQ(meter_->update(kSecond).devices[0].state, "removed");
  add("gpu:0");
  meter_->device_added(plan_);
  start_worker(1);
  meter_->item_done(1);
  const Progress& progress = meter_->update(2 * kSecond);
  ASSERT_EQ(progress.devices.size(), 1U);
  EXPECT_EQ(progress.devices[0].state, "running");
  EXPECT_EQ(progress.devices[0].done, 2U);
  EXPECT_EQ(progress.devices[0].workers, 1);
}

TEST_F(ElasticMeter, APausedRunHasNoEndInSight) {
  meter_.emplace(plan_, 100, 0, 0);
  meter_->item_done(0);
  EXPECT_GT(meter_->update(kSecond).eta_s, 0);
  meter_->set_paused(true);
  EXPECT_TRUE(meter_->progress().paused);
  EXPECT_EQ(meter_->update(2 * kSecond).eta_s, -1);
}

TEST_F(ElasticMeter, SumsTheQueuesOfADevicesWorkers) {
  plan_.slots.push_back(plan_.slots[0]);
  meter_.emplace(plan_, 100, 0, 0);
  Stats stats;
  stats.queued_prepare = 3;
  stats.queued_infer = 2;
  for (const std::uint32_t slot : {0, 1}) {
    start_worker(slot);
    meter_->worker_stats(slot, stats);
  }
  EXPECT_EQ(meter_->progress().devices[0].queued_prepare, 6U);
  EXPECT_EQ(meter_->progress().devices[0].queued_infer, 4U);
  meter_->worker_ended(1, true);
  EXPECT_EQ(meter_->progress().devices[0].queued_prepare, 3U);
}

}  // namespace
}  // namespace segfleet
