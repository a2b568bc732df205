// SPDX-License-Identifier: Apache-2.0
// What one stat(2) says about a path. Nothing is opened, so a FIFO or a device never blocks.
// Thread-safety: free functions without shared state.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "segfleet/error.h"

struct stat;

namespace segfleet {

// The same for every name of one file or folder.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};
struct FileIdHash {
  std::size_t operator()(const FileId& id) const {
    return static_cast<std::size_t>((id.inode ^ (id.device << 32)) * 0x9E3779B97F4A7C15ULL);
  }
};

enum class FileKind { file, folder, other };

struct FileFacts {
  FileId id;
  FileKind kind = FileKind::other;
  std::string_view kind_name;  // "FIFO", "socket", "character device" ...
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
};

// Follows links. Errors: not_found, permission_denied, io_error; the message names `path`.
Result<FileFacts> facts_of(const std::string& path);
// The same for `name` in the open folder `folder_fd`; `path` is for the message.
Result<FileFacts> facts_at(int folder_fd, const char* name, const std::string& path);
FileFacts facts_from(const struct stat& info);

}  // namespace segfleet
