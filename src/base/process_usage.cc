// SPDX-License-Identifier: Apache-2.0
#include "base/process_usage.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/unique_fd.h"

namespace segfleet {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// name: with its colon. Without the heap: a worker asks several times a second.
std::uint64_t bytes_of_status_line(std::string_view name) {
  std::array<char, 8192> buffer;
  const UniqueFd fd(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  const ssize_t count = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : 0;
  std::string_view left(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  while (!left.empty()) {
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    if (!line.starts_with(name)) continue;
    const std::size_t digits = std::min(line.find_first_not_of(" \t", name.size()), line.size());
    std::uint64_t kib = 0;
    std::from_chars(line.data() + digits, line.data() + line.size(), kib);
    return kib * 1024;
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
