// SPDX-License-Identifier: Apache-2.0
#include "io/source/stoppable_input.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace segfleet {

StoppableInput::int_type StoppableInput::underflow() {
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{fd_, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
    if (stop_.wanted()) return traits_type::eof();
    if (waiting[0].revents == 0) continue;
    const ssize_t count = ::read(fd_, buffer_.data(), buffer_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) break;
    if (count == 0) return traits_type::eof();
    setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
    return traits_type::to_int_type(buffer_.front());
  }
  // The stream that reads from here catches it and becomes bad().
  throw std::system_error(errno, std::generic_category(), "read");
}

}  // namespace segfleet
