// SPDX-License-Identifier: Apache-2.0
#include "io/source/folder_entries.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "base/errno_error.h"

namespace segfleet {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_listed(std::string_view name, HiddenNames hidden) {
  return name.front() != '.' || (hidden == HiddenNames::listed && name != "." && name != "..");
}

Error cannot(std::string_view verb, const std::string& path) {
  return errno_error(errno, fmt::format("cannot {} folder {}", verb, path));
}

}  // namespace

Result<OpenFolder> open_folder(const std::string& path, HiddenNames hidden) {
  OpenFolder opened;
  opened.fd.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!opened.fd || ::fstat(opened.fd.get(), &info) != 0) return cannot("open", path);
  opened.id = facts_from(info).id;
  UniqueFd second(::fcntl(opened.fd.get(), F_DUPFD_CLOEXEC, 0));  // closedir() closes what it was given
  const std::unique_ptr<DIR, CloseFolder> stream(second ? ::fdopendir(second.get()) : nullptr);
  if (!stream) return cannot("open", path);
  second.release();
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    if (is_listed(entry->d_name, hidden)) opened.entries.push_back({entry->d_name, entry->d_type});
  }
  if (errno != 0) return cannot("read", path);
  return opened;
}

}  // namespace segfleet
