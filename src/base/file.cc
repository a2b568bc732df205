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

Error cannot(std::string_view verb, const std::string& path) {
  return errno_error(errno, fmt::format("cannot {} {}", verb, path));
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Status read_file(const std::string& path, std::uint64_t max_bytes, std::vector<std::byte>& buffer) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return cannot("open", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return cannot("stat", path);
  if (!S_ISREG(info.st_mode))
    return Error{ErrorCode::input_unreadable, fmt::format("{} is not a regular file", path)};
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_bytes)
    return Error{ErrorCode::input_too_large,
                 fmt::format("{} has {} bytes, over the limit of {}", path, size, max_bytes)};
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

Result<std::string> read_text_file(const std::string& path, std::uint64_t max_bytes) {
  std::vector<std::byte> bytes;
  SEGFLEET_RETURN_IF_ERROR(read_file(path, max_bytes, bytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

Status rename_file(const std::string& from, const std::string& to) {
  struct stat before {};
  if (::stat(from.c_str(), &before) != 0) return cannot("stat", from);
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  const int error_number = errno;
  struct stat after {};
  if (::stat(to.c_str(), &after) == 0 && same_file(before, after)) return {};
  return errno_error(error_number, fmt::format("cannot rename {} to {}", from, to));
}

}  // namespace segfleet
