// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_display.h"

#include <gtest/gtest.h>

namespace segfleet {
namespace {

Progress progress_on(int devices) {
  Progress progress;
  progress.total = 10;
  for (int i = 0; i < devices; ++i) {
    DeviceProgress device;
    device.device = "gpu:" + std::to_string(i);
    device.state = "running";
    device.busy_share = 0.5;
    progress.devices.push_back(device);
  }
  return progress;
}

std::size_t characters(const std::string& line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return count;
}

TEST(DisplayLines, OneLineADeviceBelowTheTotal) {
  const auto lines = display_lines(progress_on(2), 100, 24);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[1].find("gpu:0"), std::string::npos);
  EXPECT_NE(lines[2].find("busy  50 %"), std::string::npos);
}

TEST(DisplayLines, NeverWiderThanTheTerminal) {
  for (std::size_t columns = 1; columns < 120; ++columns)
    for (const std::string& line : display_lines(progress_on(2), columns, 24))
      EXPECT_LE(characters(line), columns);
}

TEST(DisplayLines, MoreDevicesThanRowsAreCounted) {
  const auto lines = display_lines(progress_on(64), 100, 10);
  EXPECT_LT(lines.size(), 10u);
  EXPECT_NE(lines.back().find("and 57 more devices"), std::string::npos) << lines.back();
}

TEST(DisplayLines, NeverAsHighAsTheTerminal) {
  for (const int devices : {0, 1, 2, 5, 20})
    for (std::size_t rows = 1; rows < 30; ++rows) {
      const auto lines = display_lines(progress_on(devices), 100, rows);
      ASSERT_GE(lines.size(), 1u);
      EXPECT_LT(lines.size(), std::max<std::size_t>(rows, 2)) << "the cursor has a row of its own";
    }
}

TEST(DisplayLines, AllDevicesAreShownWhereTheyFit) {
  const auto lines = display_lines(progress_on(8), 100, 10);
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_NE(lines.back().find("gpu:7"), std::string::npos);
}

}  // namespace
}  // namespace segfleet
