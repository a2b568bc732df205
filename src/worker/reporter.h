// SPDX-License-Identifier: Apache-2.0
// Sends the worker's messages. What cannot be sent would be lost, so the worker then leaves: the coordinator
// leases the open items again. Thread-safety: every method from any thread.
#pragma once
#include <functional>
#include <utility>

#include "transport/channel.h"

namespace segfleet {

class Reporter {
 public:
  // leave: ends the process in the program; in tests it may return, and what follows is not sent.
  Reporter(Channel& channel, std::function<void(int)> leave) : channel_(channel), leave_(std::move(leave)) {}
  // `attached`: a descriptor that goes with it; -1: none.
  void send(const Message& message, int attached = -1);
  // The process is of no more use: it says why on standard error, and leaves with 1.
  void give_up(const Error& error);

 private:
  Channel& channel_;
  const std::function<void(int)> leave_;
};

}  // namespace segfleet
