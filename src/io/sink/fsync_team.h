// SPDX-License-Identifier: Apache-2.0
// Many fsyncs at once. One after the other each waits for a commit of the file system's journal of its own;
// asked for at the same time they share one (16 files of 80 KB on ext4: 68 ms one by one, 4 to 20 ms
// together). Its threads stay: to start them anew for each group costs more than small files take.
// Thread-safety: one thread at a time; blocks.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace segfleet {

class FsyncTeam {
 public:
  FsyncTeam() = default;
  FsyncTeam(const FsyncTeam&) = delete;
  FsyncTeam& operator=(const FsyncTeam&) = delete;
  ~FsyncTeam();

  // error_numbers[i] becomes 0 or the errno of fds[i]'s fsync, which is never retried: the kernel reports a
  // lost write once. For n files, n - 1 threads help, at most 15; where none can be had, the calling thread
  // does it all.
  void sync(std::span<const int> fds, std::span<int> error_numbers) SEGFLEET_EXCLUDES(mutex_);
  // The same for folders: what was renamed into one, or made in it, is durable then. error_numbers gets 0 for
  // each, or the errno of its open or fsync.
  void sync_folders(std::span<const std::string_view> folders, std::vector<int>& error_numbers);

 private:
  void start_helpers(std::size_t count);
  void help() SEGFLEET_EXCLUDES(mutex_);
  void take_turns() SEGFLEET_EXCLUDES(mutex_);

  std::vector<std::thread> helpers_;
  Mutex mutex_;
  Condition work_;
  Condition done_;
  std::span<const int> fds_ SEGFLEET_GUARDED_BY(mutex_);
  std::span<int> error_numbers_ SEGFLEET_GUARDED_BY(mutex_);
  std::size_t next_ SEGFLEET_GUARDED_BY(mutex_) = 0;  // the first of fds_ that nobody has taken
  std::size_t open_ SEGFLEET_GUARDED_BY(mutex_) = 0;  // of fds_, not yet synced
  bool ending_ SEGFLEET_GUARDED_BY(mutex_) = false;

  // Of sync_folders(), reused.
  std::string name_;
  std::vector<std::size_t> opened_;
  std::vector<int> folder_fds_;
  std::vector<int> folder_errors_;
};

}  // namespace segfleet
