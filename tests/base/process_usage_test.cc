// SPDX-License-Identifier: Apache-2.0
#include "base/process_usage.h"

#include <gtest/gtest.h>

#include <vector>

namespace segfleet {
namespace {

TEST(ProcessUsage, PeakMemoryCoversWhatWasTouchedAndStaysAfterIt) {
  constexpr std::uint64_t kBytes = 64u << 20;
  constexpr std::uint64_t kUncounted = 1u << 20;  // the kernel counts pages in batches, for each processor
  std::uint64_t touched = 0;
  {
    const std::vector<char> block(kBytes, 'x');
    touched = process_peak_rss_bytes() * static_cast<std::uint64_t>(block.back() == 'x');
  }
  EXPECT_GE(touched + kUncounted, kBytes);
  EXPECT_GE(process_peak_rss_bytes() + kUncounted, touched);
}

TEST(ProcessUsage, ProcessorTimeGrowsWithWork) {
  const double before = process_cpu_seconds();
  while (process_cpu_seconds() <= before) {
  }
  EXPECT_GT(process_cpu_seconds(), before);
}

}  // namespace
}  // namespace segfleet
