// SPDX-License-Identifier: Apache-2.0
#include "io/sink/folder_maker.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/errno_error.h"

namespace segfleet {
namespace {

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

Status FolderMaker::make(const std::string& folder) {
  if (folder.empty() || known_.contains(folder)) return {};
  const std::string above = std::filesystem::path(folder).parent_path().native();
  if (above != folder) {
    SEGFLEET_RETURN_IF_ERROR(make(above));
    SEGFLEET_RETURN_IF_ERROR(make_missing(folder));
    unsynced_.insert(above.empty() ? "." : above);
  }
  known_.insert(folder);
  return {};
}

Status FolderMaker::make_missing(const std::string& folder) {
  if (is_folder(folder) || ::mkdir(folder.c_str(), 0777) == 0) return {};
  const int error_number = errno;
  if (error_number == EEXIST && is_folder(folder)) return {};  // another worker was quicker
  return errno_error(error_number == EEXIST ? ENOTDIR : error_number,
                     fmt::format("cannot make folder {}", folder));
}

void FolderMaker::forget(const std::string& folder) {
  for (std::string path = folder; known_.erase(path) > 0;)
    path = std::filesystem::path(path).parent_path().native();
}

std::set<std::string> FolderMaker::take_unsynced() {
  return std::exchange(unsynced_, {});
}

}  // namespace segfleet
