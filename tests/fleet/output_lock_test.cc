// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/output_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "fleet/process/process.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

TEST(OutputLock, SecondRunIsToldWhoOwnsTheFolder) {
  const TempFolder folder;
  const auto path = folder.path() / ".segfleet.lock";
  const Result<OutputLock> first = OutputLock::take(path);
  ASSERT_TRUE(first.ok());
  const Result<OutputLock> second = OutputLock::take(path);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::output_locked);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid()) + " on "), std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find(folder.path().native()), std::string::npos);
}

TEST(OutputLock, ReleaseLeavesNoFileAndTheFolderIsFree) {
  const TempFolder folder;
  const auto path = folder.path() / ".segfleet.lock";
  { ASSERT_TRUE(OutputLock::take(path).ok()); }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(OutputLock::take(path).ok());
}

TEST(OutputLock, DeadOwnersLockIsTakenOver) {
  const TempFolder folder;
  const auto path = folder.path() / ".segfleet.lock";
  const pid_t owner = ::fork();
  if (owner == 0) {
    const Result<OutputLock> lock = OutputLock::take(path);
    ::_exit(lock.ok() ? 0 : 1);  // without destructors: as if killed
  }
  int status = 0;
  ASSERT_EQ(::waitpid(owner, &status, 0), owner);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(std::filesystem::exists(path));
  const Result<OutputLock> lock = OutputLock::take(path);
  ASSERT_TRUE(lock.ok());
  EXPECT_NE(read_text_file(path, 1000)->find("process " + std::to_string(::getpid())), std::string::npos);
}

TEST(OutputLock, ChildProcessDoesNotKeepTheLockAlive) {
  const TempFolder folder;
  const auto path = folder.path() / ".segfleet.lock";
  Result<OutputLock> lock = OutputLock::take(path);
  ASSERT_TRUE(lock.ok());
  ProcessOptions options;
  options.program = "/bin/sleep";
  options.arguments = {"100"};
  const Result<Process> child = Process::spawn(options);
  ASSERT_TRUE(child.ok());
  { const OutputLock dropped = std::move(lock).value(); }
  EXPECT_TRUE(OutputLock::take(path).ok());
}

TEST(OutputLock, MissingFolderIsNotFound) {
  EXPECT_EQ(OutputLock::take("/nonexistent/.segfleet.lock").error().code, ErrorCode::not_found);
}

TEST(OutputLock, SymbolicLinkIsRefused) {
  const TempFolder folder;
  std::filesystem::create_symlink("/etc/hostname", folder.path() / ".segfleet.lock");
  EXPECT_FALSE(OutputLock::take(folder.path() / ".segfleet.lock").ok());
}

}  // namespace
}  // namespace segfleet
