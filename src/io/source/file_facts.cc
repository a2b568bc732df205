// SPDX-License-Identifier: Apache-2.0
#include "io/source/file_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/errno_error.h"

namespace segfleet {
namespace {

std::string_view kind_name(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "folder";
    case S_IFIFO:
      return "FIFO";
    case S_IFSOCK:
      return "socket";
    case S_IFCHR:
      return "character device";
    case S_IFBLK:
      return "block device";
    default:
      return "special file";
  }
}

}  // namespace

FileFacts facts_from(const struct stat& info) {
  FileFacts facts;
  facts.id = {info.st_dev, info.st_ino};
  if (S_ISREG(info.st_mode)) facts.kind = FileKind::file;
  if (S_ISDIR(info.st_mode)) facts.kind = FileKind::folder;
  facts.kind_name = kind_name(info.st_mode);
  facts.size_bytes = static_cast<std::uint64_t>(info.st_size);
  facts.mtime_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  return facts;
}

Result<FileFacts> facts_at(int folder_fd, const char* name, const std::string& path) {
  struct stat info {};
  if (::fstatat(folder_fd, name, &info, 0) != 0)
    return errno_error(errno, fmt::format("cannot look at {}", path));
  return facts_from(info);
}

Result<FileFacts> facts_of(const std::string& path) {
  return facts_at(AT_FDCWD, path.c_str(), path);
}

}  // namespace segfleet
