// SPDX-License-Identifier: Apache-2.0
#include "base/host_memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/process_usage.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

class HostMemoryTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = root_.path() / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  // A machine of 1000 KiB, of which 600 can be had.
  void SetUp() override {
    write("proc/meminfo", "MemTotal:           1000 kB\nMemFree:  100 kB\nMemAvailable:        600 kB\n");
  }
  TempFolder root_;
};

TEST_F(HostMemoryTest, IsTheMachinesWhereNoGroupHasALimit) {
  write("proc/self/cgroup", "4:memory:/a\n0::/b\n");
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "5000\n");
  write("sys/fs/cgroup/b/memory.max", "max\n");
  write("sys/fs/cgroup/b/memory.current", "5000\n");
  const auto memory = host_memory(root_.path());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total_bytes, 1000u * 1024);
  EXPECT_EQ(memory->available_bytes, 600u * 1024);
}

TEST_F(HostMemoryTest, IsWhatTheTightestGroupLeavesWithItsDroppableCache) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/memory.max", "500000\n");
  write("sys/fs/cgroup/a/memory.current", "300000\n");
  write("sys/fs/cgroup/a/memory.stat", "anon 200000\ninactive_file 100000\nactive_file 7\n");
  write("sys/fs/cgroup/a/b/memory.max", "600000\n");
  write("sys/fs/cgroup/a/b/memory.current", "1000\n");
  const auto memory = host_memory(root_.path());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total_bytes, 500'000u);
  EXPECT_EQ(memory->available_bytes, 300'000u);
}

TEST_F(HostMemoryTest, ReadsGroupsOfVersion1) {
  write("proc/self/cgroup", "4:cpu,memory:/docker/x\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "400000\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "350000\n");
  write("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 50000\n");
  EXPECT_EQ(host_memory(root_.path())->available_bytes, 100'000u);
}

TEST_F(HostMemoryTest, IsNotGuessedWhereTheKernelDoesNotTell) {
  const TempFolder empty;
  EXPECT_FALSE(host_memory(empty.path()));
  write("proc/meminfo", "MemTotal: 1000 kB\n");
  EXPECT_FALSE(host_memory(root_.path()));
}

TEST(ProcessRss, GrowsByWhatIsTouchedAndIsBelowThePeak) {
  const std::uint64_t before = process_rss_bytes();
  ASSERT_GT(before, 0u);
  const std::vector<char> memory(std::size_t{64} << 20U, 'x');
  const std::uint64_t now = process_rss_bytes();  // before the peak, which may grow
  EXPECT_GT(now, before + memory.size() / 2);
  EXPECT_LE(now, process_peak_rss_bytes());
}

}  // namespace
}  // namespace segfleet
