// SPDX-License-Identifier: Apache-2.0
#include "fleet/control/control_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/errno_error.h"

namespace segfleet {
namespace {

constexpr int kBacklog = 8;
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

Error cannot(std::string_view verb, const std::filesystem::path& path, int error_number = errno) {
  return errno_error(error_number, fmt::format("cannot {} the control socket {}", verb, path.native()));
}

UniqueFd make_socket(int flags) {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

// Gives `use` the address: 0, or -1 with errno. An address holds 107 bytes: a longer path goes through a
// descriptor of its folder.
template <typename Use>
int with_address(const std::filesystem::path& path, const Use& use) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string name = path.native();
  UniqueFd folder;
  if (name.size() >= sizeof address.sun_path) {
    folder.reset(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return -1;
    name = fmt::format("/proc/self/fd/{}/{}", folder.get(), path.filename().native());
  }
  std::ranges::copy(name, address.sun_path);
  return use(reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(sizeof address));
}

bool is_ours(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

bool lies_as_socket(const std::filesystem::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

}  // namespace

Result<ControlSocket> ControlSocket::bind(const std::filesystem::path& path) {
  if (lies_as_socket(path)) ::unlink(path.c_str());
  UniqueFd fd = make_socket(SOCK_NONBLOCK);
  // Before bind() makes the name: there is no moment in which others may connect.
  if (!fd || ::fchmod(fd.get(), kOwnerOnly) != 0) return cannot("make", path);
  const auto bind_to = [&](const sockaddr* address, socklen_t size) {
    return ::bind(fd.get(), address, size);
  };
  if (with_address(path, bind_to) != 0) return cannot("make", path);
  ControlSocket bound(std::move(fd), path);
  if (::listen(bound.fd(), kBacklog) != 0) return cannot("listen at", path);
  return bound;
}

ControlSocket::~ControlSocket() {
  if (fd_ && lies_as_socket(path_)) ::unlink(path_.c_str());
}

UniqueFd ControlSocket::accept() const {
  UniqueFd connection(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection && !is_ours(connection.get())) connection.reset();
  return connection;
}

Result<UniqueFd> connect_control_socket(const std::filesystem::path& path) {
  UniqueFd fd = make_socket(0);
  if (!fd) return cannot("make", path);
  const auto connect_to = [&](const sockaddr* address, socklen_t size) {
    return ::connect(fd.get(), address, size);
  };
  if (with_address(path, connect_to) != 0) {
    const int error_number = errno == ECONNREFUSED ? ENOENT : errno;  // of a run that was killed
    return cannot("connect to", path, error_number);
  }
  if (!is_ours(fd.get()))
    return Error{ErrorCode::permission_denied,
                 fmt::format("the control socket {} is another user's", path.native())};
  return fd;
}

}  // namespace segfleet
