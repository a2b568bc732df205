// SPDX-License-Identifier: Apache-2.0
// One end of a SOCK_SEQPACKET socketpair. Message boundaries are the kernel's; end-of-file means the peer is
// gone. Thread-safety: send() from any thread (a message is one system call);
// receive() from one thread at a time.
#pragma once
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "segfleet/error.h"
#include "transport/messages.h"

namespace segfleet {

class Channel {
 public:
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }

  // Blocks while the socket is full. On a non-blocking one and where `would_block` is given, it does not: the
  // status is ok, *would_block is true and nothing was sent. Errors: io_error where the peer is gone (EPIPE),
  // protocol_error where the message is too large.
  // `attached`: a descriptor that the peer gets a duplicate of; -1: none.
  Status send(const Message& message, bool* would_block = nullptr, int attached = -1);

  // The next message; nothing at end-of-file or, on a non-blocking socket where `would_block` is given, where
  // none is there yet (*would_block is true). What a dead peer had sent is received before its end-of-file.
  // Errors: protocol_error (the bytes are no message, too long or empty), io_error.
  Result<std::optional<Message>> receive(bool* would_block = nullptr);
  // The same into `message`, in the memory of the one of the same type that it held. False: nothing.
  Result<bool> receive(Message& message, bool* would_block = nullptr);
  // What was attached to the last message that was received, close-on-exec; else an empty one.
  UniqueFd take_attached() { return std::move(attached_); }

 private:
  Status decode_received(std::size_t size, Message& message);

  UniqueFd fd_;
  std::vector<std::byte> buffer_;  // of receive()
  UniqueFd attached_;
};

// Both ends, close-on-exec.
Result<std::pair<UniqueFd, UniqueFd>> make_socketpair();

}  // namespace segfleet
