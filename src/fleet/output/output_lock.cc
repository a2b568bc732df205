// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/output_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "base/errno_error.h"
#include "base/utc_time.h"

namespace segfleet {
namespace {

bool is_still_at(int fd, const std::filesystem::path& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

// "process 123 on host since 2026-..."
std::string owner_record() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("process {} on {} since {}", ::getpid(), host.data(),
                     utc_text(std::chrono::system_clock::now()));
}

std::string read_owner(int fd) {
  std::array<char, 512> text{};
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  std::string owner(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  while (!owner.empty() && owner.back() == '\n') owner.pop_back();
  return owner.empty() ? "another process" : owner;
}

Status write_owner(int fd, const std::filesystem::path& path) {
  const std::string record = owner_record() + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, record.data(), record.size(), 0) < 0)
    return errno_error(errno, fmt::format("cannot write {}", path.native()));
  return {};
}

}  // namespace

Result<OutputLock> OutputLock::take(const std::filesystem::path& lock_file) {
  return take(lock_file, fmt::format("output folder {} is in use", lock_file.parent_path().native()),
              "wait for that run or choose another --output");
}

Result<OutputLock> OutputLock::take(const std::filesystem::path& lock_file, const std::string& taken,
                                    const std::string& mend) {
  for (;;) {
    UniqueFd fd(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!fd) return errno_error(errno, fmt::format("cannot open {}", lock_file.native()));
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
      if (errno != EAGAIN && errno != EACCES)
        return errno_error(errno, fmt::format("cannot lock {}", lock_file.native()));
      return Error{ErrorCode::output_locked, fmt::format("{} by {}; {}", taken, read_owner(fd.get()), mend)};
    }
    // An owner removes the file at its end: who then locks the removed one has locked nothing.
    if (!is_still_at(fd.get(), lock_file)) continue;
    SEGFLEET_RETURN_IF_ERROR(write_owner(fd.get(), lock_file));
    return OutputLock(std::move(fd), lock_file);
  }
}

std::optional<std::string> OutputLock::owner(const std::filesystem::path& lock_file) {
  const UniqueFd fd(::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (!fd || ::fcntl(fd.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return read_owner(fd.get());
}

OutputLock::~OutputLock() {
  if (fd_ && is_still_at(fd_.get(), path_)) ::unlink(path_.c_str());
}

}  // namespace segfleet
