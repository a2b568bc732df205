// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/result_folders.h"

#include <gtest/gtest.h>

#include <fstream>

#include "as_nobody.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

std::vector<SourceItem> items_of(const std::vector<std::string>& stems) {
  std::vector<SourceItem> items;
  for (const std::string& stem : stems) items.push_back({stem + ".jpg", stem, 0, 0});
  return items;
}

TEST(MakeResultFolders, MakesThoseOfOpenItemsForEachKindOfFile) {
  const TempFolder folder;
  const OutputLayout layout(folder.path() / "out");
  const std::vector<SourceItem> items = items_of({"a/b/1", "a/b/2", "c/1", "done/1", "top"});
  const std::vector<Ledger::Entry> rows{{0, false}, {1, false}, {2, false}, {3, true}, {4, false}};
  EXPECT_TRUE(make_result_folders(layout, {true, true, false, Layout::segfleet}, items, rows).ok());
  for (const char* made : {"masks/a/b", "masks/c", "overlays/a/b", "overlays/c"})
    EXPECT_TRUE(fs::is_directory(layout.root() / made)) << made;
  for (const char* not_made : {"masks/done", "overlays/done", "confidence", "masks/top"})
    EXPECT_FALSE(fs::exists(layout.root() / not_made)) << not_made;
}

TEST(MakeResultFolders, OnlyTopItemsNeedOnlyTheRoot) {
  const TempFolder folder;
  const OutputLayout layout(folder.path() / "out");
  EXPECT_TRUE(make_result_folders(layout, {}, items_of({"1", "2"}), {{0, false}, {1, false}}).ok());
  EXPECT_TRUE(fs::is_directory(layout.masks()));
  EXPECT_TRUE(fs::is_empty(layout.masks()));
}

// The worker whose mask cannot be written says so.
TEST(MakeResultFolders, WhatIsInTheWayIsLeftAndTheOthersAreMade) {
  const TempFolder folder;
  const OutputLayout layout(folder.path() / "out");
  fs::create_directories(layout.masks());
  std::ofstream(layout.masks() / "a") << "x";
  EXPECT_TRUE(make_result_folders(layout, {}, items_of({"a/1", "b/1"}), {{0, false}, {1, false}}).ok());
  EXPECT_TRUE(fs::is_regular_file(layout.masks() / "a"));
  EXPECT_TRUE(fs::is_directory(layout.masks() / "b"));
}

TEST(MakeResultFolders, AFolderAboveMayBeOneThatIsOnlyPassedThrough) {
  const TempFolder folder;
  fs::permissions(folder.path(), fs::perms(0711));
  fs::create_directory(folder.path() / "ours");
  fs::permissions(folder.path() / "ours", fs::perms::all);
  const AsNobody nobody;
  EXPECT_TRUE(
      make_result_folders(OutputLayout(folder.path() / "ours" / "out"), {}, items_of({"1"}), {{0, false}})
          .ok());
  EXPECT_TRUE(fs::is_directory(folder.path() / "ours" / "out" / "masks"));
}

}  // namespace
}  // namespace segfleet
