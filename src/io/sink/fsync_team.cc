// SPDX-License-Identifier: Apache-2.0
#include "io/sink/fsync_team.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/start_thread.h"
#include "base/unique_fd.h"

namespace segfleet {
namespace {
constexpr std::size_t kMostHelpers = 15;
constexpr std::size_t kFoldersAtOnce = 32;  // open at one time
}  // namespace

FsyncTeam::~FsyncTeam() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  work_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void FsyncTeam::start_helpers(std::size_t count) {
  while (helpers_.size() < std::min(count, kMostHelpers)) {
    Result<std::thread> helper = start_thread([this] { help(); });
    if (!helper.ok()) return;  // those that there are and this one do it
    helpers_.push_back(std::move(*helper));
  }
}

void FsyncTeam::sync(std::span<const int> fds, std::span<int> error_numbers) {
  if (fds.empty()) return;
  start_helpers(fds.size() - 1);
  {
    const MutexLock lock(mutex_);
    fds_ = fds;
    error_numbers_ = error_numbers;
    next_ = 0;
    open_ = fds.size();
  }
  for (std::size_t i = 1; i < fds.size() && i <= helpers_.size(); ++i) work_.notify_one();
  take_turns();
  const MutexLock lock(mutex_);
  while (open_ > 0) done_.wait(mutex_);
}

void FsyncTeam::help() {
  while (true) {
    {
      const MutexLock lock(mutex_);
      while (next_ >= fds_.size() && !ending_) work_.wait(mutex_);
      if (ending_) return;
    }
    take_turns();
  }
}

void FsyncTeam::take_turns() {
  while (true) {
    std::size_t mine = 0;
    int fd = -1;
    {
      const MutexLock lock(mutex_);
      if (next_ >= fds_.size()) return;
      mine = next_++;
      fd = fds_[mine];
    }
    const int error_number = ::fsync(fd) == 0 ? 0 : errno;
    const MutexLock lock(mutex_);
    error_numbers_[mine] = error_number;
    if (--open_ == 0) done_.notify_one();
  }
}

void FsyncTeam::sync_folders(std::span<const std::string_view> folders, std::vector<int>& error_numbers) {
  error_numbers.assign(folders.size(), 0);
  for (std::size_t start = 0; start < folders.size(); start += kFoldersAtOnce) {
    folder_fds_.clear();
    opened_.clear();
    for (std::size_t i = start; i < std::min(start + kFoldersAtOnce, folders.size()); ++i) {
      name_.assign(folders[i]);
      UniqueFd fd(::open(name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!fd) {
        error_numbers[i] = errno;
        continue;
      }
      opened_.push_back(i);
      folder_fds_.push_back(fd.release());
    }
    folder_errors_.assign(folder_fds_.size(), 0);
    sync(folder_fds_, folder_errors_);
    for (std::size_t k = 0; k < opened_.size(); ++k) {
      error_numbers[opened_[k]] = folder_errors_[k];
      ::close(folder_fds_[k]);
    }
  }
}

}  // namespace segfleet
