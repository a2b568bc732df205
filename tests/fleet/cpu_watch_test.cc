// SPDX-License-Identifier: Apache-2.0
#include "fleet/monitor/cpu_watch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "temp_folder.h"

namespace segfleet {
namespace {

TEST(CoreTimes, AreReadForEachCore) {
  const auto cores = parse_core_times(
      "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 10 1 5 80 3 1 0 0 0 0\ncpu12 0 0 0 100 0 0 0 50 0 0\nintr 5\n");
  ASSERT_EQ(cores.size(), 2U);
  EXPECT_EQ(cores.at(0).used, 17);
  EXPECT_EQ(cores.at(0).total, 100);
  EXPECT_EQ(cores.at(12).used, 50);  // steal
}

TEST(CoreTimes, LinesThatAreNoneAreLeftOut) {
  EXPECT_TRUE(parse_core_times("").empty());
  EXPECT_TRUE(parse_core_times("cpu0 1 2 3\ncpux 1 1 1 1 1 1 1 1\ncpu1 a b c d e f g h\n").empty());
}

TEST(ProcessTime, IsFoundBehindANameWithBlanksAndParentheses) {
  EXPECT_EQ(parse_process_time("7 (a) b (c)) R 1 7 7 0 -1 4194304 1 0 0 0 120 30 0 0 20"), 150);
  EXPECT_FALSE(parse_process_time("7 (short) R 1 2"));
  EXPECT_FALSE(parse_process_time(""));
}

TEST(Pressure, IsTheTotalOfSome) {
  EXPECT_EQ(parse_pressure_us("some avg10=1.00 avg60=0.50 avg300=0.10 total=1234567\nfull avg10=0 total=9\n"),
            1234567);
  EXPECT_FALSE(parse_pressure_us("full avg10=0 total=9\n"));
  EXPECT_FALSE(parse_pressure_us("some total=x"));
}

class CpuWatchTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }
  void stat(int used0, int idle0, int used1, int idle1) const {
    const auto line = [](int core, int used, int idle) {
      return "cpu" + std::to_string(core) + " " + std::to_string(used) + " 0 0 " + std::to_string(idle) +
             " 0 0 0 0 0 0\n";
    };
    write("proc/stat", line(0, used0, idle0) + line(1, used1, idle1));
  }
  void process(int pid, int ticks) const {
    write("proc/" + std::to_string(pid) + "/stat",
          std::to_string(pid) + " (w) R 1 1 1 0 0 0 0 0 0 0 " + std::to_string(ticks) + " 0 0\n");
  }
  TempFolder folder_;
  CpuWatch watch_{folder_.path()};
};

TEST_F(CpuWatchTest, TellsOurTimeFromOthers) {
  const std::vector<CoreGroup> groups{{{0}, {7}}, {{1}, {8}}, {{0, 1}, {}}};
  stat(0, 0, 0, 0);
  process(7, 10);
  process(8, 10);
  EXPECT_FALSE(watch_.read(groups)[0]);  // since when?
  stat(80, 20, 100, 0);
  process(7, 90);
  process(8, 60);
  const auto readings = watch_.read(groups);
  EXPECT_DOUBLE_EQ(readings[0]->used, 0.8);
  EXPECT_DOUBLE_EQ(readings[0]->others, 0);
  EXPECT_DOUBLE_EQ(readings[1]->used, 1);
  EXPECT_DOUBLE_EQ(readings[1]->others, 0.5);
  EXPECT_DOUBLE_EQ(readings[2]->others, 0.9);
}

TEST_F(CpuWatchTest, AProcessThatEndedOrACoreThatWentOffIsNoError) {
  const std::vector<CoreGroup> groups{{{0, 5}, {7}}};
  stat(0, 0, 0, 0);
  process(7, 10);
  watch_.read(groups);
  stat(50, 50, 0, 0);
  std::filesystem::remove_all(folder_.path() / "proc/7");
  EXPECT_DOUBLE_EQ(watch_.read(groups)[0]->others, 0.5);
  std::filesystem::remove(folder_.path() / "proc/stat");
  EXPECT_FALSE(watch_.read(groups)[0]);
}

TEST_F(CpuWatchTest, AWorkerThatHasJustEndedWasNotSomeoneElse) {
  const CoreGroup group{{0}, {7}};
  const CoreGroup anew{{0}, {9}};  // the device was removed, and added again
  stat(0, 0, 0, 0);
  process(7, 10);
  watch_.read({group});
  stat(80, 20, 0, 0);
  process(7, 90);
  EXPECT_DOUBLE_EQ(watch_.read({group})[0]->others, 0);
  stat(160, 40, 0, 0);
  std::filesystem::remove_all(folder_.path() / "proc/7");
  process(9, 20);
  EXPECT_DOUBLE_EQ(watch_.read({{{0}, {}}, anew})[1]->others, 0);
  stat(240, 60, 0, 0);
  process(9, 30);
  EXPECT_DOUBLE_EQ(watch_.read({{{0}, {}}, anew})[1]->others, 0.7) << "but it is not for ever";
}

TEST_F(CpuWatchTest, PressureIsThatOfTheOwnControlGroupWhereItIsTold) {
  write("proc/pressure/cpu", "some avg10=0 avg60=0 avg300=0 total=0\n");
  EXPECT_FALSE(watch_.read_pressure(1'000'000'000));
  write("proc/pressure/cpu", "some avg10=0 avg60=0 avg300=0 total=250000\n");
  EXPECT_DOUBLE_EQ(watch_.read_pressure(2'000'000'000).value(), 0.25);
  write("proc/self/cgroup", "0::/job\n");
  write("sys/fs/cgroup/job/cpu.pressure", "some avg10=0 avg60=0 avg300=0 total=250000\n");
  EXPECT_DOUBLE_EQ(watch_.read_pressure(3'000'000'000).value(), 0);
  write("sys/fs/cgroup/job/cpu.pressure", "some avg10=0 avg60=0 avg300=0 total=1250000\n");
  EXPECT_DOUBLE_EQ(watch_.read_pressure(4'000'000'000).value(), 1);
}

TEST_F(CpuWatchTest, AKernelWithoutPressureTellsNothing) {
  EXPECT_FALSE(watch_.read_pressure(1'000'000'000));
  EXPECT_FALSE(watch_.read_pressure(2'000'000'000));
}

TEST(CpuWatchHere, ReadsThisMachine) {
  CpuWatch watch;
  watch.read({{{0}, {}}});
  std::ifstream stat("/proc/stat");
  EXPECT_TRUE(stat.good());
  EXPECT_FALSE(parse_core_times(std::string(std::istreambuf_iterator<char>(stat), {})).empty());
}

}  // namespace
}  // namespace segfleet
