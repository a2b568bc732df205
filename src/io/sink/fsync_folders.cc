// SPDX-License-Identifier: Apache-2.0
#include "io/sink/fsync_folders.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/unique_fd.h"
#include "io/sink/fsync_together.h"

namespace segfleet {
namespace {

constexpr std::size_t kFoldersAtOnce = 32;  // open at one time

void fsync_some(std::span<const std::string> folders, std::span<int> error_numbers) {
  std::vector<UniqueFd> opened;
  std::vector<int> fds;
  std::vector<int> open_errors;
  for (const std::string& folder : folders) {
    opened.emplace_back(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    open_errors.push_back(opened.back() ? 0 : errno);
    fds.push_back(opened.back().get());
  }
  fsync_together(fds, error_numbers);
  for (std::size_t k = 0; k < folders.size(); ++k) {
    if (open_errors[k] != 0) error_numbers[k] = open_errors[k];
  }
}

}  // namespace

std::vector<int> fsync_folders(const std::vector<std::string>& folders) {
  std::vector<int> error_numbers(folders.size());
  for (std::size_t start = 0; start < folders.size(); start += kFoldersAtOnce) {
    const std::size_t count = std::min(kFoldersAtOnce, folders.size() - start);
    fsync_some(std::span(folders).subspan(start, count), std::span(error_numbers).subspan(start, count));
  }
  return error_numbers;
}

}  // namespace segfleet
