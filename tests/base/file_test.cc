// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "base/unique_fd.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(ReadFile, RefusesAFifoWithoutBlocking) {
  const TempFolder folder;
  const auto path = folder.path() / "pipe.jpg";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::vector<std::byte> buffer;
  EXPECT_EQ(read_file(path, 100, buffer).error().code, ErrorCode::input_unreadable);
}

TEST(ReadFile, RefusesMoreThanTheLimitBeforeReading) {
  const TempFolder folder;
  const auto path = folder.path() / "big";
  std::ofstream(path) << "0123456789";
  std::vector<std::byte> buffer;
  const Status status = read_file(path, 9, buffer);
  EXPECT_EQ(status.error().code, ErrorCode::input_too_large);
  EXPECT_NE(status.error().message.find("10 bytes"), std::string::npos);
  EXPECT_TRUE(read_file(path, 10, buffer).ok());
  EXPECT_EQ(buffer.size(), 10u);
}

TEST(ReadFile, MissingFileIsNotFound) {
  std::vector<std::byte> buffer;
  EXPECT_EQ(read_file("/nonexistent/x", 10, buffer).error().code, ErrorCode::not_found);
}

TEST(WriteAll, SaysWhereNothingCanBeWritten) {
  const UniqueFd fd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(fd);
  EXPECT_FALSE(write_all(fd.get(), bytes_of("0123456789")));
  EXPECT_EQ(errno, ENOSPC);
}

TEST(RenameFile, ReplacesTheTarget) {
  const TempFolder folder;
  std::ofstream(folder.path() / "a") << "new";
  std::ofstream(folder.path() / "b") << "old";
  ASSERT_TRUE(rename_file(folder.path() / "a", folder.path() / "b").ok());
  EXPECT_EQ(*read_text_file(folder.path() / "b", 10), "new");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "a"));
}

}  // namespace
}  // namespace segfleet
