// SPDX-License-Identifier: Apache-2.0
#include "fleet/monitor/nvml.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "fleet/monitor/card_watch.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

// What NVIDIA's library would say; stand_in_nvml.cc.
class NvmlTest : public ::testing::Test {
 protected:
  NvmlTest() {
    say("");
    ::setenv("STAND_IN_NVML", script().c_str(), 1);
  }
  std::filesystem::path script() const { return folder_.path() / "script"; }
  void say(const std::string& lines) const {
    std::ofstream(folder_.path() / "next") << lines;
    ASSERT_TRUE(rename_file(folder_.path() / "next", script()).ok());
  }
  static Nvml open() {
    Result<Nvml> nvml = Nvml::open(SEGFLEET_STAND_IN_NVML);
    EXPECT_TRUE(nvml.ok()) << nvml.error().message;
    return std::move(nvml).value();
  }
  TempFolder folder_;
};

TEST_F(NvmlTest, TellsWhatACardMeasures) {
  say("nvmlDeviceGetTemperature 1 0 87\nnvmlDeviceGetUtilizationRates 1 0 97\n");
  Nvml nvml = open();
  EXPECT_EQ(nvml.driver_version(), "999.1");
  EXPECT_EQ(nvml.name(1), "Stand-in card");
  const Result<CardReading> reading = nvml.read(1);
  ASSERT_TRUE(reading.ok()) << reading.error().message;
  EXPECT_EQ(reading->sample.utilization, 0.97);
  EXPECT_EQ(reading->sample.memory_used_bytes, 100U);
  EXPECT_EQ(reading->sample.memory_total_bytes, 1000U);
  EXPECT_EQ(reading->sample.temperature_c, 87);
  EXPECT_EQ(reading->sample.power_w, 250.5);
  EXPECT_EQ(reading->sample.throttled, false);
  EXPECT_EQ(reading->throttle, Throttle::none);
  EXPECT_EQ(reading->clock_share, 1);
}

TEST_F(NvmlTest, TellsHeatFromLackOfPowerAndFromAPowerCap) {
  const auto throttle = [this](unsigned long long reasons) {
    say("nvmlDeviceGetCurrentClocksThrottleReasons 0 0 " + std::to_string(reasons) +
        "\nnvmlDeviceGetClockInfo 0 0 500\n");
    return open().read(0).value();
  };
  for (const unsigned long long heat : {0x20, 0x40, 0x8, 0x48})
    EXPECT_EQ(throttle(heat).throttle, Throttle::heat) << heat;
  EXPECT_EQ(throttle(0x88).throttle, Throttle::power);
  EXPECT_EQ(throttle(0x88).clock_share, 0.25);
  EXPECT_TRUE(*throttle(0x20).sample.throttled);
  EXPECT_FALSE(*throttle(0x4 | 0x1).sample.throttled);  // a card at full load is at its cap by design
}

TEST_F(NvmlTest, LeavesOutWhatACardDoesNotTell) {
  say("nvmlDeviceGetPowerUsage 0 3\nnvmlDeviceGetUtilizationRates 0 3\nnvmlDeviceGetTemperature 0 4\n"
      "nvmlDeviceGetCurrentClocksThrottleReasons 0 3\nnvmlDeviceGetMaxClockInfo 0 3\n");
  const Result<CardReading> reading = open().read(0);
  ASSERT_TRUE(reading.ok()) << reading.error().message;
  EXPECT_FALSE(reading->sample.power_w);
  EXPECT_FALSE(reading->sample.utilization);
  EXPECT_FALSE(reading->sample.temperature_c);
  EXPECT_FALSE(reading->sample.throttled);
  EXPECT_FALSE(reading->clock_share);
  EXPECT_EQ(reading->sample.memory_used_bytes, 100U);
}

TEST_F(NvmlTest, TellsWhichProcessesComputeOnACard) {
  Nvml nvml = open();
  ASSERT_TRUE(nvml.read(0)->processes);
  EXPECT_TRUE(nvml.read(0)->processes->empty()) << "nobody computes";
  for (int i = 0; i < 2; ++i) {  // the second time they are new again
    say("PROCESS 0 77 40\nPROCESS 0 78 130\nPROCESS 1 79 10\nPROCESS 0 77 60\n");
    const auto processes = nvml.read(0)->processes;
    ASSERT_EQ(processes->size(), 2U);
    EXPECT_EQ(processes->at(0).pid, 77);
    EXPECT_EQ(processes->at(0).share, 0.6) << "its newest sample";
    EXPECT_EQ(processes->at(1).share, 1);
  }
  say("nvmlDeviceGetProcessUtilization 0 3\n");
  EXPECT_FALSE(nvml.read(0)->processes);
  EXPECT_TRUE(nvml.read(0)->sample.temperature_c) << "the rest is told";
}

TEST_F(NvmlTest, WhatAProcessDidBeforeTheLastReadingIsNotToldAgain) {
  Nvml nvml = open();
  say("PROCESS 0 77 40 5\n");
  EXPECT_EQ(nvml.read(0)->processes->size(), 1U);
  EXPECT_TRUE(nvml.read(0)->processes->empty());
}

TEST_F(NvmlTest, ProcessesAreSeenWhenTheClockIsSetBack) {
  Nvml nvml = open();
  say("PROCESS 0 77 40 900000000\n");
  EXPECT_EQ(nvml.read(0, 900'000'000)->processes->size(), 1U);
  // Ten minutes back: the driver still has the sample of the time that is to come again.
  say("PROCESS 0 77 40 900000000\nPROCESS 0 78 30 299000000\nPROCESS 0 79 70 299900000\n");
  const auto processes = nvml.read(0, 300'000'000)->processes;
  ASSERT_EQ(processes->size(), 1U) << "of before the clock was set nothing is told";
  EXPECT_EQ(processes->at(0).pid, 79);
  EXPECT_TRUE(nvml.read(0, 301'000'000)->processes->empty()) << "told once";
}

TEST_F(NvmlTest, ProcessesAreSeenWhenTheClockIsSetForward) {
  Nvml nvml = open();
  say("PROCESS 0 77 40 5000000\n");
  EXPECT_EQ(nvml.read(0, 5'000'000)->processes->size(), 1U);
  say("PROCESS 0 77 40 5000000\nPROCESS 0 78 30 900000000\n");
  EXPECT_EQ(nvml.read(0, 900'000'000)->processes->size(), 1U);
}

TEST_F(NvmlTest, ACardThatTellsNothingAtAllIsAnErrorWithTheReason) {
  std::string lines;
  for (const char* function : {"UtilizationRates", "MemoryInfo", "Temperature", "PowerUsage",
                               "CurrentClocksThrottleReasons", "ClockInfo", "MaxClockInfo"})
    lines += std::string("nvmlDeviceGet") + function + " 0 16\n";  // NVML_ERROR_RESET_REQUIRED
  say(lines);
  Nvml nvml = open();
  EXPECT_EQ(nvml.read(0).error().code, ErrorCode::device_lost);
  EXPECT_TRUE(nvml.read(1).ok());
}

TEST_F(NvmlTest, AnOldDriverTellsOfNoProcesses) {
  say("PROCESS 0 77 40\n");
  Result<Nvml> nvml = Nvml::open(SEGFLEET_STAND_IN_OLD_NVML);
  ASSERT_TRUE(nvml.ok()) << nvml.error().message;
  const Result<CardReading> reading = nvml->read(0);
  ASSERT_TRUE(reading.ok());
  EXPECT_FALSE(reading->processes);
  EXPECT_EQ(reading->sample.utilization, 0.5);
}

TEST_F(NvmlTest, ACardThatIsLostHalfWayIsAnErrorAndTheOtherIsRead) {
  for (const char* code : {"15", "999"}) {
    say(std::string("nvmlDeviceGetTemperature 0 ") + code + "\n");
    Nvml nvml = open();
    EXPECT_EQ(nvml.read(0).error().code, ErrorCode::device_lost);
    EXPECT_TRUE(nvml.read(1).ok());
  }
  say("nvmlDeviceGetHandleByIndex_v2 1 15\n");
  EXPECT_EQ(open().read(1).error().code, ErrorCode::device_lost);
}

TEST_F(NvmlTest, ALibraryThatIsNotThereOrCannotStartIsAnError) {
  EXPECT_EQ(Nvml::open(folder_.path() / "none.so").error().code, ErrorCode::engine_unavailable);
  EXPECT_NE(Nvml::open("libm.so.6").error().message.find("lacks functions"), std::string::npos);
  say("nvmlInit_v2 0 9\n");
  EXPECT_NE(Nvml::open(SEGFLEET_STAND_IN_NVML).error().message.find("cannot start"), std::string::npos);
  say("nvmlDeviceGetCount_v2 0 999\n");
  EXPECT_FALSE(Nvml::open(SEGFLEET_STAND_IN_NVML).ok());
}

TEST_F(NvmlTest, FindsTheCardThatAnEntryOfCudaVisibleDevicesMeans) {
  const Nvml nvml = open();
  EXPECT_EQ(nvml.find("1"), 1U);
  EXPECT_EQ(nvml.find("GPU-1aa"), 1U);
  EXPECT_EQ(nvml.find("GPU-0aa-0000"), 0U);
  for (const char* none : {"2", "", "-1", "GPU-7", "MIG-0aa", "1x"}) EXPECT_FALSE(nvml.find(none)) << none;
}

// As the monitor does, until there is an answer: each look asks for the next.
std::vector<std::optional<CardReading>> answer(CardWatch& watch, const std::vector<std::string>& entries) {
  for (;;) {
    std::vector<std::optional<CardReading>> readings = watch.exchange(entries);
    if (!readings.empty()) return readings;
    std::this_thread::yield();
  }
}
// One whose question was asked after this call.
std::vector<std::optional<CardReading>> fresh_answer(CardWatch& watch,
                                                     const std::vector<std::string>& entries) {
  answer(watch, entries);
  return answer(watch, entries);
}

TEST_F(NvmlTest, AWatchGivesReadingsInTheOrderOfTheQuestion) {
  say("nvmlDeviceGetTemperature 1 0 87\n");
  CardWatch watch(SEGFLEET_STAND_IN_NVML);
  const auto readings = answer(watch, {"1", "", "0", "MIG-1"});
  ASSERT_EQ(readings.size(), 4U);
  EXPECT_EQ(readings[0]->sample.temperature_c, 87);
  EXPECT_FALSE(readings[1]);
  EXPECT_EQ(readings[2]->sample.temperature_c, 40);
  EXPECT_FALSE(readings[3]);
  EXPECT_TRUE(watch.take_notes().empty());
}

TEST_F(NvmlTest, AWatchSaysOnceThatACardIsLostAndGoesOnWithTheOther) {
  CardWatch watch(SEGFLEET_STAND_IN_NVML);
  EXPECT_TRUE(answer(watch, {"0", "1"})[0]);
  say("nvmlDeviceGetUtilizationRates 0 15\n");
  for (int i = 0; i < 2; ++i) {
    const auto readings = fresh_answer(watch, {"0", "1"});
    EXPECT_FALSE(readings[0]);
    EXPECT_TRUE(readings[1]);
  }
  const std::vector<std::string> notes = watch.take_notes();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("GPU is lost"), std::string::npos);
  say("");
  EXPECT_TRUE(fresh_answer(watch, {"0", "1"})[0]);
}

TEST_F(NvmlTest, ADriverThatHangsHoldsUpNeitherTheQuestionsNorTheEnd) {
  {
    CardWatch watch(SEGFLEET_STAND_IN_NVML);
    answer(watch, {"0"});
    say("nvmlDeviceGetTemperature 0 hang\n");
    std::vector<std::string> notes;
    while (notes.empty()) {
      watch.exchange({"0"});
      notes = watch.take_notes();
      std::this_thread::yield();
    }
    EXPECT_NE(notes[0].find("does not answer"), std::string::npos);
    EXPECT_TRUE(watch.exchange({"0"}).empty());
    EXPECT_TRUE(watch.take_notes().empty());
  }
  say("");  // lets the thread go
}

TEST_F(NvmlTest, WithoutTheLibraryAWatchGivesNothingAndSaysNothing) {
  CardWatch watch(folder_.path() / "none.so");
  EXPECT_TRUE(watch.exchange({"0"}).empty());
  EXPECT_TRUE(watch.exchange({"0"}).empty());
  EXPECT_TRUE(watch.take_notes().empty());
}

}  // namespace
}  // namespace segfleet
