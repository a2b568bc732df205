// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "segfleet/run.h"

namespace segfleet {

StopRequest::StopRequest() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

StopRequest::~StopRequest() {
  ::close(fd_);
}

void StopRequest::request() noexcept {
  const int saved = errno;  // a signal handler must not disturb what it interrupts
  const std::uint64_t one = 1;
  (void)!::write(fd_, &one, sizeof one);
  errno = saved;
}

}  // namespace segfleet
