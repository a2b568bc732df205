// SPDX-License-Identifier: Apache-2.0
#include "io/sink/fsync_team.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "tree.h"

namespace segfleet {
namespace {

TEST(FsyncTeam, TellsOfEachFileHowItEnded) {
  const Tree tree;
  FsyncTeam team;
  for (const std::size_t count : {1, 40, 2, 17}) {  // more than there are helpers, and fewer again
    std::vector<UniqueFd> files;
    std::vector<int> fds;
    for (std::size_t i = 0; i < count; ++i) {
      files.emplace_back(::open(tree.file("f" + std::to_string(i), "x").c_str(), O_RDONLY | O_CLOEXEC));
      fds.push_back(i % 5 == 3 ? -1 : files.back().get());
    }
    std::vector<int> error_numbers(count, -1);
    team.sync(fds, error_numbers);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(error_numbers[i], i % 5 == 3 ? EBADF : 0) << i;
  }
  team.sync({}, {});
}

TEST(FsyncTeam, TellsOfEachFolderWhyItCouldNotBeOpened) {
  const Tree tree;
  const std::string file = tree.file("sub/f", "x");
  const std::string folder = tree.path("sub");
  const std::string gone = tree.path("gone");
  const std::vector<std::string_view> folders{folder, gone, file, folder};
  std::vector<int> error_numbers;
  FsyncTeam().sync_folders(folders, error_numbers);
  EXPECT_EQ(error_numbers, (std::vector<int>{0, ENOENT, ENOTDIR, 0}));
}

}  // namespace
}  // namespace segfleet
