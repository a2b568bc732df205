// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_error.h"
#include "base/unique_fd.h"

namespace segfleet {
namespace {

Error cannot(std::string_view verb, const std::filesystem::path& path) {
  return errno_error(errno, fmt::format("cannot {} {}", verb, path.native()));
}

Status write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return cannot("write", path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Status read_file(const std::filesystem::path& path, std::uint64_t max_bytes, std::vector<std::byte>& buffer) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return cannot("open", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return cannot("stat", path);
  if (!S_ISREG(info.st_mode))
    return Error{ErrorCode::input_unreadable, fmt::format("{} is not a regular file", path.native())};
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_bytes)
    return Error{ErrorCode::input_too_large,
                 fmt::format("{} has {} bytes, over the limit of {}", path.native(), size, max_bytes)};
  buffer.resize(size);
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = ::read(fd.get(), buffer.data() + filled, buffer.size() - filled);
    if (count < 0) {
      if (errno == EINTR) continue;
      return cannot("read", path);
    }
    if (count == 0) break;  // the file shrank while it was read: the decoder will say what is missing
    filled += static_cast<std::size_t>(count);
  }
  buffer.resize(filled);
  return {};
}

Result<std::string> read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::vector<std::byte> bytes;
  SEGFLEET_RETURN_IF_ERROR(read_file(path, max_bytes, bytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Status write_and_sync(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return cannot("create", path);
  Status status = write_all(fd.get(), bytes, path);
  if (status.ok() && ::fsync(fd.get()) != 0) status = cannot("fsync", path);
  if (status.ok() && ::close(fd.release()) != 0) status = cannot("close", path);
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

Status rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  struct stat before {};
  if (::stat(from.c_str(), &before) != 0) return cannot("stat", from);
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  const int error_number = errno;
  struct stat after {};
  if (::stat(to.c_str(), &after) == 0 && same_file(before, after)) return {};
  return errno_error(error_number, fmt::format("cannot rename {} to {}", from.native(), to.native()));
}

Status sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return cannot("open folder", folder);
  if (::fsync(fd.get()) != 0) return cannot("fsync folder", folder);
  return {};
}

}  // namespace segfleet
