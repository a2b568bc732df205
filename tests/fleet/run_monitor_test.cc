// SPDX-License-Identifier: Apache-2.0
// The monitor on a live loop with a real process for a worker, and a stand-in for NVIDIA's library.
#include "fleet/run_monitor.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "temp_folder.h"

namespace segfleet {
namespace {

class NoItems : public ItemFeed {
 public:
  void feed(Dispatcher&) override {}
  bool has(ItemId) const override { return false; }
  LeasedItem leased(const LeaseEntry&) const override { return {}; }
};

// Stops the run once a sample of the device is as it should be.
class UntilSampled : public LoopListener {
 public:
  using Wanted = std::function<bool(const DeviceSample&)>;
  UntilSampled(StopRequest& stop, Wanted wanted) : stop_(stop), wanted_(std::move(wanted)) {}
  void worker_started(SlotId) override {}
  void worker_ready(SlotId, const Ready&) override {}
  void worker_stats(SlotId, const Stats&) override {}
  Status worker_ended(SlotId, const std::string&, WorkerEnd) override { return {}; }
  void device_lost(std::uint32_t, const Error&) override { stop_.request(); }
  void device_sampled(std::uint32_t, const DeviceSample& sample) override {
    last = sample;
    if (wanted_(sample)) stop_.request();
  }
  void note(const std::string& text) override { notes.push_back(text); }
  Status outcome(SlotId, int, Outcome, std::uint32_t, UniqueFd) override { return {}; }
  Status failure_by_dispatcher(const RecordFailure&) override { return {}; }
  Status tick(std::int64_t) override { return {}; }
  std::int64_t next_tick_ns() const override { return INT64_MAX; }

  DeviceSample last;
  std::vector<std::string> notes;

 private:
  StopRequest& stop_;
  Wanted wanted_;
};

class RunMonitorTest : public ::testing::Test {
 protected:
  // Runs a device without any work until `wanted`.
  void watch(const Device& device, std::vector<std::string> environment, const UntilSampled::Wanted& wanted) {
    WorkerPlan plan;
    plan.worker.program = SEGFLEET_FAKE_WORKER;
    plan.devices = {device};
    plan.slots.resize(1);
    plan.slots[0].environment = std::move(environment);
    DispatcherOptions options;
    options.device_of_slot = {0};
    Dispatcher dispatcher(std::move(options));
    NoItems feed;
    StopRequest stop;
    seen_ = std::make_unique<UntilSampled>(stop, wanted);
    EventLoop loop(plan, feed, dispatcher, *seen_, stop);
    const RunMonitor monitor(loop, SEGFLEET_STAND_IN_NVML);
    EXPECT_EQ(loop.run().error().code, ErrorCode::interrupted);
  }
  std::vector<std::string> notes_of(const std::string& device) const {
    std::vector<std::string> notes;
    for (const std::string& note : seen_->notes)
      if (note.starts_with(device)) notes.push_back(note);
    return notes;
  }
  std::unique_ptr<UntilSampled> seen_;
};

TEST_F(RunMonitorTest, AHotCardIsMeasuredAndGetsLess) {
  const TempFolder folder;
  std::ofstream(folder.path() / "script") << "nvmlDeviceGetTemperature 1 0 87\n"
                                             "nvmlDeviceGetCurrentClocksThrottleReasons 1 0 64\n"
                                             "nvmlDeviceGetClockInfo 1 0 800\n"
                                             "nvmlDeviceGetUtilizationRates 1 0 20\n";
  ::setenv("STAND_IN_NVML", (folder.path() / "script").c_str(), 1);
  watch({"gpu:0", "gpu:0", {0}}, {"CUDA_VISIBLE_DEVICES=GPU-1aa", "CUDA_DEVICE_ORDER=PCI_BUS_ID"},
        [this](const DeviceSample&) { return !notes_of("gpu:0").empty(); });
  EXPECT_EQ(seen_->last.temperature_c, 87);
  EXPECT_EQ(seen_->last.throttled, true);
  EXPECT_EQ(seen_->last.speed_share, 0.4);
  EXPECT_EQ(notes_of("gpu:0"),
            std::vector<std::string>{"gpu:0 is throttled by heat (87 °C): it gets less work"});
}

TEST_F(RunMonitorTest, CoresAreMeasuredWhereTheKernelTells) {
  watch({"cpu:0", "cpu", {0}}, {"CUDA_VISIBLE_DEVICES="},
        [](const DeviceSample& sample) { return sample.utilization.has_value(); });
  EXPECT_GE(seen_->last.utilization, 0);
  EXPECT_LE(seen_->last.utilization, 1);
  EXPECT_FALSE(seen_->last.temperature_c);
}

}  // namespace
}  // namespace segfleet
