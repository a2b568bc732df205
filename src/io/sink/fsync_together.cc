// SPDX-License-Identifier: Apache-2.0
#include "io/sink/fsync_together.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

namespace segfleet {
namespace {
constexpr std::size_t kMostThreads = 16;
}

void fsync_together(std::span<const int> fds, std::span<int> error_numbers) {
  std::atomic<std::size_t> next{0};
  const auto take_and_sync = [&] {
    for (std::size_t i = next.fetch_add(1); i < fds.size(); i = next.fetch_add(1)) {
      error_numbers[i] = ::fsync(fds[i]) == 0 ? 0 : errno;
    }
  };
  std::vector<std::jthread> helpers;
  try {
    for (std::size_t i = 1; i < std::min(fds.size(), kMostThreads); ++i) helpers.emplace_back(take_and_sync);
  } catch (const std::system_error&) {  // no more threads: those that started and this one go on
  }
  take_and_sync();
}

}  // namespace segfleet
