// SPDX-License-Identifier: Apache-2.0
#include "io/sink/durable_writer.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "as_nobody.h"
#include "base/file.h"
#include "io/sink/output_layout.h"
#include "small_disk.h"
#include "tree.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::size_t temporaries_below(const fs::path& root) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    count += OutputLayout::is_temporary(entry.path());
  return count;
}

Status commit_one(DurableWriter& writer, const fs::path& path, std::string_view text) {
  const FileToWrite file{path, bytes_of(text)};
  std::vector<Status> statuses;
  writer.commit({&file, 1}, statuses);
  return statuses.at(0);
}

TEST(DurableWriter, GroupAppearsWithItsFoldersAndNoTemporaryStays) {
  const Tree tree;
  std::vector<FileToWrite> files;
  for (int i = 0; i < 70; ++i)
    files.push_back(
        {tree.path("m/" + std::to_string(i % 3) + "/" + std::to_string(i) + ".png"), bytes_of("data")});
  files.push_back({tree.path("m/empty.png"), {}});
  DurableWriter writer;
  std::vector<Status> statuses;
  writer.commit(files, statuses);
  ASSERT_EQ(statuses.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_TRUE(statuses[i].ok()) << statuses[i].error().message;
    EXPECT_EQ(read_text_file(files[i].path, 10).value().size(), files[i].bytes.size());
  }
  EXPECT_EQ(temporaries_below(tree.root()), 0U);
}

TEST(DurableWriter, ReplacesAnOlderFile) {
  const Tree tree;
  const fs::path path = tree.file("a.png", "old");
  DurableWriter writer;
  ASSERT_TRUE(commit_one(writer, path, "new").ok());
  EXPECT_EQ(read_text_file(path, 10).value(), "new");
}

TEST(DurableWriter, FolderThatVanishedIsMadeAgain) {
  const Tree tree;
  DurableWriter writer;
  ASSERT_TRUE(commit_one(writer, tree.path("m/s/a.png"), "1").ok());
  fs::remove_all(tree.path("m"));
  ASSERT_TRUE(commit_one(writer, tree.path("m/s/b.png"), "2").ok());
  EXPECT_EQ(read_text_file(tree.path("m/s/b.png"), 10).value(), "2");
}

TEST(DurableWriter, RelativePathsWork) {
  const Tree tree;
  const fs::path before = fs::current_path();
  fs::current_path(tree.root());
  DurableWriter writer;
  EXPECT_TRUE(commit_one(writer, "a.png", "1").ok());
  EXPECT_TRUE(commit_one(writer, "m/a.png", "2").ok());
  fs::current_path(before);
  EXPECT_TRUE(fs::exists(tree.path("a.png")) && fs::exists(tree.path("m/a.png")));
}

TEST(DurableWriter, TargetThatIsAFolderFailsAloneAndLeavesNoTemporary) {
  const Tree tree;
  tree.folder("a.png");
  const std::vector<FileToWrite> files{{tree.path("a.png"), bytes_of("x")},
                                       {tree.path("b.png"), bytes_of("y")}};
  DurableWriter writer;
  std::vector<Status> statuses;
  writer.commit(files, statuses);
  ASSERT_FALSE(statuses[0].ok());
  EXPECT_EQ(statuses[0].error().code, ErrorCode::output_conflict);
  for (const std::string& part : {tree.path("a.png"), std::string("a folder"), std::string("move it away")})
    EXPECT_NE(statuses[0].error().message.find(part), std::string::npos) << statuses[0].error().message;
  EXPECT_TRUE(statuses[1].ok());
  EXPECT_EQ(temporaries_below(tree.root()), 0U);
}

TEST(DurableWriter, FileInPlaceOfAFolderIsNamed) {
  const Tree tree;
  tree.file("m");
  DurableWriter writer;
  const Status status = commit_one(writer, tree.path("m/s/a.png"), "x");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find(tree.path("m")), std::string::npos);
  EXPECT_NE(status.error().message.find("Not a directory"), std::string::npos);
}

TEST(DurableWriter, FolderWithoutWritePermissionIsPermissionDenied) {
  const Tree tree;
  tree.folder("m");
  fs::permissions(tree.root(), fs::perms(0755));
  fs::permissions(tree.path("m"), fs::perms(0555));
  {
    const AsNobody nobody;
    DurableWriter writer;
    EXPECT_EQ(commit_one(writer, tree.path("m/a.png"), "x").error().code, ErrorCode::permission_denied);
    EXPECT_EQ(commit_one(writer, tree.path("m/s/a.png"), "x").error().code, ErrorCode::permission_denied);
  }
  fs::permissions(tree.path("m"), fs::perms(0755));
}

TEST(DurableWriter, FullDiskIsNoSpaceAndLeavesOnlyWhatFitted) {
  const SmallDisk disk("size=64k,nr_inodes=50");
  if (!disk.mounted()) GTEST_SKIP() << "a small file system cannot be mounted here";
  const std::string large(48 << 10, 'x');
  const std::vector<FileToWrite> files{{disk.path() / "a.png", bytes_of(large)},
                                       {disk.path() / "b.png", bytes_of(large)}};
  DurableWriter writer;
  std::vector<Status> statuses;
  writer.commit(files, statuses);
  EXPECT_TRUE(statuses[0].ok());
  ASSERT_FALSE(statuses[1].ok());
  EXPECT_EQ(statuses[1].error().code, ErrorCode::no_space);
  EXPECT_NE(statuses[1].error().message.find("b.png"), std::string::npos);
  EXPECT_NE(statuses[1].error().message.find("free some space"), std::string::npos);
  EXPECT_EQ(fs::file_size(disk.path() / "a.png"), large.size());
  EXPECT_FALSE(fs::exists(disk.path() / "b.png"));
  EXPECT_EQ(temporaries_below(disk.path()), 0U);
}

TEST(DurableWriter, FullDiskKeepsAnOlderFile) {
  const SmallDisk disk("size=64k,nr_inodes=50");
  if (!disk.mounted()) GTEST_SKIP() << "a small file system cannot be mounted here";
  DurableWriter writer;
  ASSERT_TRUE(commit_one(writer, disk.path() / "a.png", "old").ok());
  const std::string large(80 << 10, 'x');
  EXPECT_EQ(commit_one(writer, disk.path() / "a.png", large).error().code, ErrorCode::no_space);
  EXPECT_EQ(read_text_file(disk.path() / "a.png", 10).value(), "old");
}

TEST(DurableWriter, InodesUsedUpIsNoSpace) {
  const SmallDisk disk("size=1m,nr_inodes=4");
  if (!disk.mounted()) GTEST_SKIP() << "a small file system cannot be mounted here";
  DurableWriter writer;
  Status last;
  for (int i = 0; i < 6 && last.ok(); ++i)
    last = commit_one(writer, disk.path() / (std::to_string(i) + ".png"), "x");
  ASSERT_FALSE(last.ok());
  EXPECT_EQ(last.error().code, ErrorCode::no_space);
}

TEST(DurableWriter, ReadOnlyDiskIsPermissionDenied) {
  const SmallDisk disk("size=64k,nr_inodes=50");
  if (!disk.mounted() || !disk.make_read_only()) GTEST_SKIP() << "a small file system cannot be mounted here";
  DurableWriter writer;
  EXPECT_EQ(commit_one(writer, disk.path() / "a.png", "x").error().code, ErrorCode::permission_denied);
  EXPECT_EQ(commit_one(writer, disk.path() / "m/a.png", "x").error().code, ErrorCode::permission_denied);
}

TEST(DurableWriter, TemporaryOfAnEarlierProcessWithOurNumberIsPassedOver) {
  const Tree tree;
  DurableWriter writer;
  ASSERT_TRUE(commit_one(writer, tree.path("a.png"), "x").ok());
  for (int i = 0; i < 200; ++i) {
    const fs::path squatter = OutputLayout::temporary_for(tree.path("a.png"), i);
    tree.file(squatter.filename().native(), "stale");
  }
  ASSERT_TRUE(commit_one(writer, tree.path("b.png"), "y").ok());
  EXPECT_EQ(read_text_file(tree.path("b.png"), 10).value(), "y");
}

}  // namespace
}  // namespace segfleet
