// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "base/errno_error.h"
#include "io/durable_writer.h"
#include "io/output_layout.h"

namespace segfleet {
namespace {

constexpr double kMarginSeconds = 2;  // between two clocks of different grain

double seconds_of(const timespec& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

double now_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return seconds_of(time);
}

bool is_alive(int pid) {
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

// For how long the process has been running; negative where /proc does not tell.
double process_age_seconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The start time, in clock ticks since boot, is field 22; the name in field 2 may hold spaces and brackets.
  std::size_t at = text.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return -1;
  const double started = std::strtod(text.c_str() + at, nullptr) / double(::sysconf(_SC_CLK_TCK));
  return now_seconds(CLOCK_BOOTTIME) - started;
}

// Numbers of processes come back, in a container soon: a file older than the process that has its owner's
// number was left by an earlier one.
bool is_stale(int owner, const struct stat& info) {
  if (!is_alive(owner)) return true;
  const double process_age = process_age_seconds(owner);
  const double file_age = now_seconds(CLOCK_REALTIME) - seconds_of(info.st_mtim);
  return process_age >= 0 && file_age > process_age + kMarginSeconds;
}

Status remove_if_stale(const std::filesystem::path& path) {
  const std::optional<int> owner = OutputLayout::temporary_owner(path);
  struct stat info {};
  if (!owner || ::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || !is_stale(*owner, info))
    return {};
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return errno_error(errno, fmt::format("cannot remove {}", path.native()));
  return {};
}

}  // namespace

Status DurableWriter::remove_stale_temporaries(const std::filesystem::path& root) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(
      root, std::filesystem::directory_options::skip_permission_denied, error);
  while (!error && entry != std::filesystem::recursive_directory_iterator()) {
    SEGFLEET_RETURN_IF_ERROR(remove_if_stale(entry->path()));
    entry.increment(error);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return errno_error(error.value(), fmt::format("cannot look through {}", root.native()));
  return {};
}

}  // namespace segfleet
