// SPDX-License-Identifier: Apache-2.0
#include "fleet/monitor/device_speed.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

DeviceReading card(double utilization, double engine_busy) {
  DeviceReading reading;
  reading.card.emplace();
  reading.card->sample.utilization = utilization;
  reading.engine_busy = engine_busy;
  return reading;
}

DeviceReading throttled(Throttle throttle, std::optional<double> clock_share) {
  DeviceReading reading = card(1, 1);
  reading.card->throttle = throttle;
  reading.card->clock_share = clock_share;
  reading.card->sample.temperature_c = 87;
  return reading;
}

DeviceReading items(std::uint64_t count, std::int64_t us_each) {
  DeviceReading reading;
  reading.items = count;
  reading.engine_us = static_cast<std::int64_t>(count) * us_each;
  return reading;
}

// The notes of `count` equal readings.
std::vector<std::string> notes(DeviceSpeed& speed, const DeviceReading& reading, int count) {
  std::vector<std::string> said;
  for (int i = 0; i < count; ++i)
    if (auto note = speed.observe(reading).note) said.push_back(*note);
  return said;
}

TEST(DeviceSpeed, OfADeviceThatNothingIsKnownOfAllIsOurs) {
  DeviceSpeed speed("npu:0");
  EXPECT_EQ(speed.observe({}).share, 1);
  EXPECT_TRUE(notes(speed, {}, 10).empty());
}

TEST(DeviceSpeed, ACardThatWeKeepBusyIsOurs) {
  DeviceSpeed speed("gpu:0");
  EXPECT_EQ(speed.observe(card(1, 0.9)).share, 1);
  EXPECT_EQ(speed.observe(card(0.6, 0.9)).share, 1);
}

TEST(DeviceSpeed, ACardThatIsBusyWhileWeIdleIsSomeoneElsesAtOnceAndOursAgainAtOnce) {
  DeviceSpeed speed("gpu:0");
  EXPECT_NEAR(speed.observe(card(0.9, 0.2)).share, 0.3, 1e-9);
  EXPECT_EQ(speed.observe(card(0.9, 0.9)).share, 1);
  EXPECT_EQ(speed.observe(card(1, 0)).share, 0.1);  // it still gets something
}

// Our workers are 10 and 11.
DeviceReading shared(std::vector<ProcessShare> processes, double engine_busy) {
  DeviceReading reading = card(1, engine_busy);
  reading.card->processes = std::move(processes);
  reading.pids = {10, 11};
  return reading;
}

TEST(DeviceSpeed, WorkOfOthersIsSeenWhileOurEngineAlwaysHasACallWaiting) {
  DeviceSpeed speed("gpu:0");
  EXPECT_EQ(speed.observe(shared({{10, 0.5}, {11, 0.5}}, 1)).share, 1);
  EXPECT_NEAR(speed.observe(shared({{10, 0.5}, {77, 0.25}, {78, 0.25}}, 1)).share, 0.5, 1e-9);
  EXPECT_EQ(speed.observe(shared({{10, 0.93}, {77, 0.07}}, 1)).share, 1) << "a desktop";
  EXPECT_EQ(speed.observe(shared({{10, 0.5}, {77, 0.9}, {78, 0.9}}, 1)).share, 0.1);
  EXPECT_EQ(speed.observe(shared({{10, 1}}, 1)).share, 1) << "they have gone";
  EXPECT_EQ(notes(speed, shared({{10, 0.4}, {77, 0.6}}, 1), 5),
            std::vector<std::string>{
                "gpu:0 is busy with someone else's work (60 % of the time): it gets less work"});
}

TEST(DeviceSpeed, WhereTheDriverDoesNotKnowOursTheIdleEngineTellsAndItIsSaidOnce) {
  DeviceSpeed speed("gpu:0");
  EXPECT_EQ(speed.observe(shared({{4010, 0.5}, {77, 0.5}}, 1)).share, 1) << "which of them is ours?";
  EXPECT_NEAR(speed.observe(shared({{4010, 0.2}, {77, 0.7}}, 0.2)).share, 0.2, 1e-9);
  const std::vector<std::string> said = notes(speed, shared({{4010, 0.5}, {77, 0.5}}, 1), 20);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("gpu:0: the driver does not know this run's processes"), std::string::npos);
  DeviceSpeed empty("gpu:0");
  EXPECT_EQ(notes(empty, shared({}, 1), 20), said) << "a container that is shown none";
}

TEST(DeviceSpeed, AnEngineThatIdlesIsNotMissedAmongTheProcessesNorByAnOldDriver) {
  DeviceSpeed speed("gpu:0");
  DeviceReading idle = shared({}, 0);
  idle.card->sample.utilization = 0;
  EXPECT_TRUE(notes(speed, idle, 20).empty());
  EXPECT_TRUE(notes(speed, card(1, 1), 20).empty()) << "tells of none";
}

TEST(DeviceSpeed, HeatCostsAsMuchAsTheClockFell) {
  DeviceSpeed speed("gpu:1");
  EXPECT_EQ(speed.observe(throttled(Throttle::heat, 0.4)).share, 0.4);
  EXPECT_EQ(speed.observe(throttled(Throttle::heat, std::nullopt)).share, 0.5);
  EXPECT_EQ(speed.observe(throttled(Throttle::power, 0.7)).share, 0.7);
  EXPECT_LT(speed.observe(throttled(Throttle::heat, 1)).share, 1);
}

TEST(DeviceSpeed, AReasonThatLastsIsToldOnceAndSoIsItsEnd) {
  DeviceSpeed speed("gpu:1");
  EXPECT_EQ(notes(speed, throttled(Throttle::heat, 0.4), 20),
            std::vector<std::string>{"gpu:1 is throttled by heat (87 °C): it gets less work"});
  EXPECT_EQ(
      notes(speed, card(1, 1), 20),
      std::vector<std::string>{"gpu:1 is all ours at full speed again: it gets its full share of the work"});
  EXPECT_EQ(notes(speed, card(1, 0.3), 20),
            std::vector<std::string>{
                "gpu:1 is busy with someone else's work (70 % of the time): it gets less work"});
}

TEST(DeviceSpeed, WhatDoesNotLastIsNotTold) {
  DeviceSpeed speed("gpu:1");
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(notes(speed, i % 2 == 0 ? card(1, 0) : card(1, 1), 2).empty());
}

TEST(DeviceSpeed, CoresThatOtherProgramsUseAreNotOurs) {
  DeviceSpeed speed("cpu:0-1");
  DeviceReading reading;
  reading.cores = {1.0, 0.1};
  EXPECT_EQ(speed.observe(reading).share, 1);
  reading.cores = {1.0, 0.4};
  EXPECT_NEAR(speed.observe(reading).share, 0.6, 1e-9);
  EXPECT_EQ(notes(speed, reading, 5).at(0),
            "cpu:0-1 is busy with someone else's work (40 % of its cores' time): it gets less work");
}

TEST(DeviceSpeed, ItemsThatTakeMuchLongerThanBeforeSlowADeviceUntilTheyDoNot) {
  DeviceSpeed speed("gpu:0");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(speed.observe(items(20, 10'000)).share, 1);
  double share = 1;
  for (int i = 0; i < 20; ++i) share = speed.observe(items(2, 100'000)).share;
  EXPECT_LT(share, 0.3);
  EXPECT_GE(share, 0.1);
  for (int i = 0; i < 20; ++i) share = speed.observe(items(20, 10'000)).share;
  EXPECT_EQ(share, 1);
}

// Of 5 s each, then of 50 s: readings of a second, most of them with no item.
TEST(DeviceSpeed, ItemsThatTakeSeveralReadingsAreMeasuredWhole) {
  DeviceSpeed speed("gpu:0");
  DeviceReading busy = items(0, 0);
  busy.engine_us = 1'000'000;
  const auto item_after = [&](int readings) {
    busy.items = 0;
    for (int i = 1; i < readings; ++i) speed.observe(busy);
    busy.items = 1;
    return speed.observe(busy).share;
  };
  for (int i = 0; i < 8; ++i) EXPECT_EQ(item_after(5), 1);
  double share = 1;
  for (int i = 0; i < 10; ++i) share = item_after(50);
  EXPECT_LT(share, 0.3);
}

TEST(DeviceSpeed, ItemsOfUnequalCostSlowNothing) {
  DeviceSpeed speed("gpu:0");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(speed.observe(items(10, i % 3 == 0 ? 14'000 : 10'000)).share, 1);
}

TEST(DeviceSpeed, WhatWasBestIsForgottenWherePicturesBecomeHarder) {
  DeviceSpeed speed("gpu:0");
  for (int i = 0; i < 5; ++i) speed.observe(items(20, 10'000));
  for (int i = 0; i < 300; ++i) speed.observe(items(5, 40'000));
  EXPECT_EQ(speed.observe(items(5, 40'000)).share, 1);
}

TEST(DeviceSpeed, TheSlowFirstItemsOfAWorkerAreNoMeasure) {
  DeviceSpeed speed("gpu:0");
  EXPECT_EQ(speed.observe(items(1, 900'000)).share, 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(speed.observe(items(20, 10'000)).share, 1);
}

TEST(DeviceSpeed, TheWorstReasonCounts) {
  DeviceSpeed speed("gpu:0");
  DeviceReading reading = throttled(Throttle::heat, 0.8);
  reading.engine_busy = 0.5;
  EXPECT_NEAR(speed.observe(reading).share, 0.5, 1e-9);
}

}  // namespace
}  // namespace segfleet
