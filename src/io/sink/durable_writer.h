// SPDX-License-Identifier: Apache-2.0
// Files that appear whole or not at all: written under a temporary name, fsynced, renamed, folder fsynced.
// A writer that is used again allocates only while its groups and names grow.
// Thread-safety: one object per thread; several objects, also of other processes, may write into one folder.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "io/sink/folder_maker.h"
#include "io/sink/fsync_team.h"
#include "segfleet/error.h"

namespace segfleet {

struct FileToWrite {
  // Final name. Folders that are missing are made and fsynced; one that is there is taken to be durable.
  std::string path;
  std::span<const std::byte> bytes;
};

class DurableWriter {
 public:
  // Commits a group: every file is written and fsynced under a temporary name of its folder, then all are
  // renamed, then each distinct folder is fsynced once. statuses[i] tells how files[i] ended; where it is an
  // error, nothing of that file is left behind, neither temporary nor final; an older file of that name stays
  // unless the rename was done already. Errors: no_space, permission_denied, io_error, not_found (a part of
  // the path is no folder), output_conflict (the path is a folder); the message names the final path. Blocks
  // until the disk has it all: larger groups share its waits. Where memory runs out it throws, and nothing of
  // any of the files is left.
  void commit(std::span<const FileToWrite> files, std::vector<Status>& statuses);

 private:
  // A file on its way, and what of it lies in its folder.
  struct Pending {
    enum class Stage { nothing, temporary, renamed };
    std::string temporary;
    UniqueFd fd;
    Stage stage = Stage::nothing;
  };
  void commit_group(std::span<const FileToWrite> files, std::vector<Status>& statuses);
  static void discard(const FileToWrite& file, Pending& pending);
  // start_sync: the kernel begins to write it at once, which is not waited for.
  Status write_temporary(const FileToWrite& file, Pending& pending, bool start_sync);
  void sync_files(std::span<const FileToWrite> files, std::span<Pending> pending, std::span<Status> statuses);
  void sync_folders(std::span<const FileToWrite> files, std::vector<Status>& statuses);

  FolderMaker folders_;
  FsyncTeam fsyncs_;
  // Of one commit, reused.
  std::vector<Pending> pending_;
  std::vector<std::size_t> written_;
  std::vector<int> fds_;
  std::vector<int> error_numbers_;
  std::vector<std::string_view> folders_to_sync_;
};

}  // namespace segfleet
