// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

TEST(DurationText, GrowsFromSecondsToHours) {
  EXPECT_EQ(duration_text(4.24), "4.2 s");
  EXPECT_EQ(duration_text(67.4), "1:07");
  EXPECT_EQ(duration_text(3 * 3600 + 4 * 60 + 5), "3:04:05");
  EXPECT_EQ(duration_text(-1), "?");
}

TEST(ProgressLine, CountsEarlierAndFailedItemsAsEnded) {
  Progress progress;
  progress.total = 200;
  progress.skipped = 50;
  progress.done = 40;
  progress.failed = 10;
  progress.items_per_s = 12.34;
  progress.eta_s = 8.1;
  EXPECT_EQ(progress_line(progress), "100/200 (50 %)  12.3 images/s  ETA 8.1 s  10 failed  50 done before");
}

TEST(ProgressLine, AnEmptyJobIsComplete) {
  EXPECT_EQ(progress_line({}), "0/0 (100 %)  0.00 images/s  ETA ?");
}

TEST(ProgressLine, SaysThatARunIsPausedOrWaitsForADevice) {
  Progress progress;
  progress.total = 2;
  progress.paused = true;
  progress.devices.resize(2);
  progress.devices[0].state = "lost";
  progress.devices[1].state = "running";
  EXPECT_EQ(progress_line(progress), "0/2 (0 %)  0.00 images/s  ETA ?  paused");
  progress.paused = false;
  progress.devices[1].state = "removed";
  EXPECT_EQ(progress_line(progress), "0/2 (0 %)  0.00 images/s  ETA ?  waits for a device");
  progress.done = 2;
  EXPECT_EQ(progress_line(progress).find("waits"), std::string::npos);
}

TEST(DeviceLine, TellsWhatWasMeasuredAndNothingElse) {
  DeviceProgress device;
  device.device = "gpu:0";
  EXPECT_EQ(device_line(device).find("util"), std::string::npos);
  device.sample.utilization = 0.97;
  device.sample.memory_used_bytes = 5ull << 30;
  device.sample.memory_total_bytes = 80ull << 30;
  device.sample.temperature_c = 87;
  device.sample.power_w = 311.6;
  device.sample.throttled = true;
  device.sample.speed_share = 0.4;
  EXPECT_TRUE(
      device_line(device).ends_with("  util 97 %  5.0 GiB of 80 GiB  87 °C  312 W  throttled  ours 40 %"))
      << device_line(device);
}

TEST(FailureLine, NamesTheInputExactlyOnce) {
  ItemEvent event;
  event.input = "in/a.jpg";
  event.stage = "infer";
  event.error = {ErrorCode::worker_crashed, "two workers died with it"};
  EXPECT_EQ(failure_line(event), "failed: in/a.jpg: two workers died with it (worker_crashed, stage infer)");
  event.error.message = "in/a.jpg kills workers";
  EXPECT_EQ(failure_line(event), "failed: in/a.jpg kills workers (worker_crashed, stage infer)");
}

TEST(FailureLine, LeavesOutAStageThatNobodyKnows) {
  ItemEvent event;
  event.input = "in/a.jpg";
  event.error = {ErrorCode::worker_crashed, "in/a.jpg kills workers"};
  EXPECT_EQ(failure_line(event), "failed: in/a.jpg kills workers (worker_crashed)");
}

TEST(Fit, CutsByColumnsNotByBytes) {
  EXPECT_EQ(fit("abc", 3), "abc");
  EXPECT_EQ(fit("abcd", 3), "ab…");
  EXPECT_EQ(fit("übér", 3), "üb…");
}

TEST(Fit, WideCharactersTakeTwoColumns) {
  EXPECT_EQ(fit("航拍图像", 8), "航拍图像");
  EXPECT_EQ(fit("航拍图像", 7), "航拍图…");
  EXPECT_EQ(fit("航拍图像", 6), "航拍…");
  EXPECT_EQ(fit("航", 1), "…");
  EXPECT_EQ(columns_of("a航🛰é"), 6u);
}

TEST(Fit, CombiningMarksStayWithTheirCharacter) {
  EXPECT_EQ(fit("e\u0301e\u0301", 2), "e\u0301e\u0301");
  EXPECT_EQ(fit("e\u0301e\u0301e", 2), "e\u0301…");
}

TEST(Fit, NoFileNameCanSteerTheTerminal) {
  EXPECT_EQ(fit("a\x1b[2J\n\x7f", 20), "a?[2J??");
  EXPECT_EQ(fit("\xC2\x9B"
                "2J",
                20),
            "?2J")
      << "CSI as one character";
  EXPECT_EQ(fit("\xE2\x80\xAEgpj", 20), "?gpj") << "right-to-left override";
}

TEST(Fit, BytesThatAreNoUtf8AreShownAsQuestionMarks) {
  EXPECT_EQ(fit("a\xFFz", 20), "a?z");
  EXPECT_EQ(fit("a\x9Bz", 20), "a?z");
  EXPECT_EQ(fit("a\xE8\x88", 20), "a??") << "cut short";
  EXPECT_EQ(fit("\xC0\xAF", 20), "??") << "overlong";
}

TEST(Put, AFullDiskIsNoError) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  put(full, "lost\n");
  std::fclose(full);
}

}  // namespace
}  // namespace segfleet
