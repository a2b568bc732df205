// SPDX-License-Identifier: Apache-2.0
// The Unix socket in an output folder by which its owner, and nobody else, controls the run there.
// Thread-safety: free functions; a ControlSocket from one thread at a time.
#pragma once
#include <filesystem>

#include "base/unique_fd.h"
#include "segfleet/error.h"

namespace segfleet {

// The run's end. Only for who holds the output folder's lock: a socket that lies there is of a dead run.
class ControlSocket {
 public:
  // Mode 0600, listening, non-blocking. A path longer than a socket's address may be is no obstacle. Errors:
  // what errno says, such as where the file system has no sockets; io_error where something else has the
  // name.
  static Result<ControlSocket> bind(const std::filesystem::path& path);
  ControlSocket(ControlSocket&&) noexcept = default;
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();  // removes it

  int fd() const { return fd_.get(); }
  UniqueFd accept() const;  // non-blocking; nothing where no one waits, or who waits is another user

 private:
  ControlSocket(UniqueFd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  UniqueFd fd_;
  std::filesystem::path path_;
};

// The other end, blocking. Errors: not_found where no run listens; permission_denied where it is another
// user's.
Result<UniqueFd> connect_control_socket(const std::filesystem::path& path);

}  // namespace segfleet
