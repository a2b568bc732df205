// SPDX-License-Identifier: Apache-2.0
// The monitor on a live loop with a real process for a worker, and a stand-in for NVIDIA's library.
#include "fleet/run_monitor.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "fleet/process/process.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

// No item until some are given; the worker never gives one back.
class HeldItems : public ItemFeed {
 public:
  void feed(Dispatcher& dispatcher) override {
    std::uint64_t count = 0;
    if (::read(wake_.get(), &count, sizeof count) < 0) return;
    for (ItemId id = 0; id < count; ++id) dispatcher.source_item(id);
  }
  int wake_fd() const override { return wake_.get(); }
  bool has(ItemId) const override { return true; }
  LeasedItem leased(const LeaseEntry& entry) const override {
    return {entry.id, entry.attempt, "hang.jpg", "hang", {}};
  }
  void give(std::uint64_t count) const { (void)!::write(wake_.get(), &count, sizeof count); }

 private:
  UniqueFd wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

// Stops the run once a sample of the device is as it should be.
class UntilSampled : public LoopListener {
 public:
  using Wanted = std::function<bool(const DeviceSample&)>;
  UntilSampled(StopRequest& stop, Wanted wanted) : stop_(stop), wanted_(std::move(wanted)) {}
  void worker_started(SlotId, int pid) override {
    if (started) started(pid);
  }
  void worker_ready(SlotId, const Ready&) override { ready = true; }
  void worker_stats(SlotId, const Stats&) override {}
  Status worker_ended(SlotId, const std::string&, WorkerEnd) override { return {}; }
  void device_lost(std::uint32_t, const Error&) override { stop_.request(); }
  void device_sampled(std::uint32_t, const DeviceSample& sample) override {
    last = sample;
    if (!wanted_(sample)) return;
    stop_.request();
    stop_.request();  // what is held will not be given back
  }
  void note(const std::string& text) override { notes.push_back(text); }
  Status outcome(SlotId, int, Outcome, std::uint32_t, UniqueFd) override { return {}; }
  Status late_outcome(const Outcome&) override { return {}; }
  Status failure_by_dispatcher(const RecordFailure&) override { return {}; }
  Status tick(std::int64_t) override { return {}; }
  std::int64_t next_tick_ns() const override { return INT64_MAX; }

  std::function<void(int pid)> started;
  bool ready = false;
  DeviceSample last;
  std::vector<std::string> notes;

 private:
  StopRequest& stop_;
  Wanted wanted_;
};

class RunMonitorTest : public ::testing::Test {
 protected:
  // Runs a device without any work until `wanted`.
  void watch(const Device& device, const std::vector<std::string>& environment,
             const UntilSampled::Wanted& wanted, std::size_t workers = 1) {
    WorkerPlan plan;
    plan.worker.program = SEGFLEET_FAKE_WORKER;
    plan.environment = current_environment();
    plan.devices = {device};
    plan.slots.resize(workers);
    for (WorkerSlot& slot : plan.slots) slot.environment = environment;
    DispatcherOptions options;
    options.device_of_slot.resize(workers);
    Dispatcher dispatcher(std::move(options));
    dispatcher_ = &dispatcher;
    StopRequest stop;
    seen_ = std::make_unique<UntilSampled>(stop, wanted);
    seen_->started = started_;
    EventLoop loop(plan, items_, dispatcher, *seen_, stop);
    const RunMonitor monitor(loop, SEGFLEET_STAND_IN_NVML);
    EXPECT_EQ(loop.run().error().code, ErrorCode::interrupted);
  }
  std::vector<std::string> notes_of(const std::string& device) const {
    std::vector<std::string> notes;
    for (const std::string& note : seen_->notes)
      if (note.starts_with(device)) notes.push_back(note);
    return notes;
  }
  void say(const std::string& script) const {
    std::ofstream(folder_.path() / "script") << script;
    ::setenv("STAND_IN_NVML", (folder_.path() / "script").c_str(), 1);
  }
  // How many of many items a worker on a card gets at once, after the card was looked at for a while.
  std::uint64_t items_at_once() {
    int looks = 0;
    std::uint64_t leased = 0;
    watch({"gpu:0", "gpu:0", {0}}, {"CUDA_VISIBLE_DEVICES=1"}, [&](const DeviceSample& sample) {
      if (sample.temperature_c && seen_->ready) ++looks;
      if (looks == 2) items_.give(1000);
      leased = dispatcher_->leased_items();
      return leased > 0;
    });
    return leased;
  }
  std::function<void(int pid)> started_;  // of watch()'s worker
  TempFolder folder_;
  HeldItems items_;
  const Dispatcher* dispatcher_ = nullptr;  // while watch() runs
  std::unique_ptr<UntilSampled> seen_;
};

TEST_F(RunMonitorTest, AHotCardIsMeasuredAndGetsLess) {
  say("nvmlDeviceGetTemperature 1 0 87\nnvmlDeviceGetCurrentClocksThrottleReasons 1 0 64\n"
      "nvmlDeviceGetClockInfo 1 0 800\nnvmlDeviceGetUtilizationRates 1 0 20\n");
  watch({"gpu:0", "gpu:0", {0}}, {"CUDA_VISIBLE_DEVICES=GPU-1aa", "CUDA_DEVICE_ORDER=PCI_BUS_ID"},
        [this](const DeviceSample&) { return !notes_of("gpu:0").empty(); });
  EXPECT_EQ(seen_->last.temperature_c, 87);
  EXPECT_EQ(seen_->last.throttled, true);
  EXPECT_EQ(seen_->last.speed_share, 0.4);
  EXPECT_EQ(notes_of("gpu:0"),
            std::vector<std::string>{"gpu:0 is throttled by heat (87 °C): it gets less work"});
}

TEST_F(RunMonitorTest, AHotCardsWorkerHoldsLess) {
  say("nvmlDeviceGetUtilizationRates 1 0 0\n");
  const std::uint64_t cool = items_at_once();
  say("nvmlDeviceGetUtilizationRates 1 0 0\nnvmlDeviceGetCurrentClocksThrottleReasons 1 0 64\n"
      "nvmlDeviceGetClockInfo 1 0 800\n");
  EXPECT_LT(items_at_once(), cool);
}

TEST_F(RunMonitorTest, OthersOnACardAreToldFromOurWorkerByTheProcessNumber) {
  started_ = [this](int pid) { say("PROCESS 1 " + std::to_string(pid) + " 30\nPROCESS 1 1 70\n"); };
  watch({"gpu:0", "gpu:0", {0}}, {"CUDA_VISIBLE_DEVICES=1"},
        [this](const DeviceSample&) { return !notes_of("gpu:0").empty(); });
  EXPECT_NEAR(seen_->last.speed_share, 0.3, 1e-9);
  EXPECT_EQ(notes_of("gpu:0").at(0),
            "gpu:0 is busy with someone else's work (70 % of the time): it gets less work");
}

TEST_F(RunMonitorTest, AWorkerThatHasJustDiedIsStillOneOfOurs) {
  std::vector<int> pids;
  started_ = [&](int pid) {
    pids.push_back(pid);
    if (pids.size() == 1) say("PROCESS 1 " + std::to_string(pid) + " 30\n");
  };
  int looks = 0;
  double least = 1;
  const auto after_its_death = [&](const DeviceSample& sample) {
    if (!sample.temperature_c || pids.size() < 2) return false;
    // What the driver measured of the dead one, it tells once.
    if (++looks == 1) {
      ::kill(pids[1], SIGKILL);
      say("PROCESS 1 " + std::to_string(pids[0]) + " 30\nPROCESS 1 " + std::to_string(pids[1]) +
          " 70 1000\n");
    }
    least = std::min(least, sample.speed_share);
    return looks == 5;
  };
  watch({"gpu:0", "gpu:0", {0}}, {"CUDA_VISIBLE_DEVICES=1"}, after_its_death, 2);
  EXPECT_EQ(least, 1);
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
