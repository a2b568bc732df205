// SPDX-License-Identifier: Apache-2.0
// One end of a SOCK_SEQPACKET socketpair. Message boundaries are the kernel's; end-of-file means the peer is gone.
// Thread-safety: send() from any thread (a message is one system call); receive() from one thread at a time.
#pragma once
#include <optional>
#include <utility>

#include "base/unique_fd.h"
#include "segfleet/error.h"
#include "transport/messages.h"

namespace segfleet {

class Channel {
 public:
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }

  // Blocks while the socket is full, on a blocking socket; on a non-blocking one gives would_block = true.
  // Errors: io_error where the peer is gone (EPIPE), protocol_error where the message is too large.
  Status send(const Message& message, bool* would_block = nullptr);

  // The next message; nothing at end-of-file or, on a non-blocking socket, where none is there (would_block).
  Result<std::optional<Message>> receive(bool* would_block = nullptr);

 private:
  UniqueFd fd_;
};

// Both ends, close-on-exec.
Result<std::pair<UniqueFd, UniqueFd>> make_socketpair();

}  // namespace segfleet
