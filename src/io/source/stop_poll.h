// SPDX-License-Identifier: Apache-2.0
// Whether somebody wants a long listing to end. Thread-safety: one thread an object; it is copied freely.
#pragma once
#include <poll.h>

namespace segfleet {

class StopPoll {
 public:
  StopPoll() = default;
  explicit StopPoll(int fd) : fd_(fd) {}  // readable: stop; -1: never

  int fd() const { return fd_; }
  bool wanted() const {
    pollfd state{fd_, POLLIN, 0};
    return fd_ >= 0 && ::poll(&state, 1, 0) > 0;
  }

 private:
  int fd_ = -1;
};

}  // namespace segfleet
