// SPDX-License-Identifier: Apache-2.0
#include "base/process_usage.h"

#include <sys/resource.h>

#include <fstream>
#include <limits>
#include <string>

namespace segfleet {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::uint64_t bytes_of_status_line(const char* name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word; status.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    std::uint64_t kib = 0;
    if (word == name && status >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace

double process_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t process_rss_bytes() {
  return bytes_of_status_line("VmRSS:");
}

// Not ru_maxrss: that outlives an exec, and so tells of whoever started this program.
std::uint64_t process_peak_rss_bytes() {
  return bytes_of_status_line("VmHWM:");
}

}  // namespace segfleet
