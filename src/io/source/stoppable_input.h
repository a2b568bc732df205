// SPDX-License-Identifier: Apache-2.0
// A stream buffer over a descriptor whose end also comes when a stop is wanted: a read that blocks (a
// terminal, a pipe) would else outlast every Ctrl-C. Thread-safety: one thread.
#pragma once
#include <array>
#include <streambuf>

#include "io/source/stop_poll.h"

namespace segfleet {

class StoppableInput : public std::streambuf {
 public:
  StoppableInput(int fd, StopPoll stop) : fd_(fd), stop_(stop) {}

 protected:
  int_type underflow() override;

 private:
  int fd_;
  StopPoll stop_;
  std::array<char, 65536> buffer_{};
};

}  // namespace segfleet
