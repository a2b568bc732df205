// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/leftovers.h"

#include <gtest/gtest.h>

#include <fstream>

#include "temp_folder.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

fs::path make_file(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
  return path;
}

TEST(RemoveLeftovers, TakesTemporariesAtEveryDepthAndNothingElse) {
  const TempFolder folder;
  const fs::path root = folder.path() / "out";
  const std::vector<fs::path> temporary{make_file(root / ".segfleet-7-1.tmp"),
                                        make_file(root / "masks/a/b/.segfleet-8-2.tmp"),
                                        make_file(root / "overlays/.segfleet-9-3.tmp")};
  const std::vector<fs::path> kept{make_file(root / "masks/a/b/c.png"), make_file(root / ".segfleet.lock"),
                                   make_file(root / "elsewhere/.segfleet-8-2.tmp")};
  ASSERT_TRUE(remove_leftovers(OutputLayout(root)).ok());
  for (const fs::path& path : temporary) EXPECT_FALSE(fs::exists(path)) << path;
  for (const fs::path& path : kept) EXPECT_TRUE(fs::exists(path)) << path;
}

TEST(RemoveLeftovers, FollowsNoLinks) {
  const TempFolder folder;
  const fs::path outside = make_file(folder.path() / "other/.segfleet-8-2.tmp");
  fs::create_directories(folder.path() / "out/masks");
  fs::create_directory_symlink(folder.path() / "other", folder.path() / "out/masks/link");
  ASSERT_TRUE(remove_leftovers(OutputLayout(folder.path() / "out")).ok());
  EXPECT_TRUE(fs::exists(outside));
}

TEST(RemoveLeftovers, AFolderWithoutResultsIsFine) {
  const TempFolder folder;
  EXPECT_TRUE(remove_leftovers(OutputLayout(folder.path())).ok());
}

}  // namespace
}  // namespace segfleet
