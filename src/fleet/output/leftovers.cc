// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/leftovers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_error.h"

namespace segfleet {
namespace {

template <typename Iterator>
Status remove_temporaries_in(const std::filesystem::path& folder) {
  std::error_code error;
  Iterator entry(folder, std::filesystem::directory_options::skip_permission_denied, error);
  while (!error && entry != Iterator()) {
    const std::filesystem::path path = entry->path();
    entry.increment(error);  // before the file goes
    if (OutputLayout::is_temporary(path) && ::unlink(path.c_str()) != 0 && errno != ENOENT)
      return errno_error(errno, fmt::format("cannot remove the temporary file {}", path.native()));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return errno_error(error.value(), fmt::format("cannot look through {}", folder.native()));
  return {};
}

}  // namespace

Status remove_leftovers(const OutputLayout& layout) {
  SEGFLEET_RETURN_IF_ERROR(remove_temporaries_in<std::filesystem::directory_iterator>(layout.root()));
  for (const std::filesystem::path& folder : layout.result_folders())
    if (folder != layout.root())
      SEGFLEET_RETURN_IF_ERROR(remove_temporaries_in<std::filesystem::recursive_directory_iterator>(folder));
  return {};
}

}  // namespace segfleet
