// SPDX-License-Identifier: Apache-2.0
#include "transport/channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/errno_error.h"

namespace segfleet {
namespace {

// On SEQPACKET, an empty message and end-of-file both read as 0 bytes; the hang-up tells them apart.
bool peer_is_gone(int fd) {
  pollfd state{fd, POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void wait_until_ready(int fd, short events) {
  pollfd state{fd, events, 0};
  ::poll(&state, 1, -1);  // EINTR or an error: the caller's next attempt tells
}

bool is_would_block(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

// A message's bytes and the descriptor beside them, as the kernel wants them.
class Envelope {
 public:
  explicit Envelope(std::span<std::byte> bytes) : part_{bytes.data(), bytes.size()} {
    header_.msg_iov = &part_;
    header_.msg_iovlen = 1;
  }
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;

  msghdr* header() { return &header_; }
  void make_room() {
    header_.msg_control = control_.data();
    header_.msg_controllen = control_.size();
  }
  void attach(int fd) {
    make_room();
    cmsghdr* entry = CMSG_FIRSTHDR(&header_);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(entry), &fd, sizeof fd);
  }
  // There is room for one descriptor: the kernel keeps back what a peer sends more.
  UniqueFd attached() {
    cmsghdr* entry = CMSG_FIRSTHDR(&header_);
    int fd = -1;
    if (entry != nullptr && entry->cmsg_level == SOL_SOCKET && entry->cmsg_type == SCM_RIGHTS &&
        entry->cmsg_len == CMSG_LEN(sizeof fd))
      std::memcpy(&fd, CMSG_DATA(entry), sizeof fd);
    return UniqueFd(fd);
  }

 private:
  iovec part_;
  msghdr header_{};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control_{};
};

}  // namespace

Status Channel::send(const Message& message, bool* would_block, int attached) {
  if (would_block != nullptr) *would_block = false;
  thread_local std::vector<std::byte> bytes;  // keeps its memory from message to message
  encode(message, bytes);
  if (bytes.size() > kMaxMessageBytes)
    return Error{ErrorCode::protocol_error,
                 fmt::format("cannot send a message of {} bytes, over the limit of {}", bytes.size(),
                             kMaxMessageBytes)};
  Envelope envelope(bytes);
  if (attached >= 0) envelope.attach(attached);
  while (::sendmsg(fd_.get(), envelope.header(), MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (!is_would_block(errno)) return errno_error(errno, "cannot send a message to the peer process");
    if (would_block != nullptr) {
      *would_block = true;
      return {};
    }
    wait_until_ready(fd_.get(), POLLOUT);
  }
  return {};
}

Result<std::optional<Message>> Channel::receive(bool* would_block) {
  std::optional<Message> message(std::in_place);
  const Result<bool> received = receive(*message, would_block);
  SEGFLEET_RETURN_IF_ERROR(received);
  if (!*received) message.reset();
  return message;
}

Result<bool> Channel::receive(Message& message, bool* would_block) {
  if (would_block != nullptr) *would_block = false;
  buffer_.resize(kMaxMessageBytes);
  while (true) {
    Envelope envelope(buffer_);
    envelope.make_room();
    const ssize_t count = ::recvmsg(fd_.get(), envelope.header(), MSG_TRUNC | MSG_CMSG_CLOEXEC);
    if (count >= 0) attached_ = envelope.attached();
    if (count > 0) {
      SEGFLEET_RETURN_IF_ERROR(decode_received(static_cast<std::size_t>(count), message));
      return true;
    }
    if (count == 0) {
      if (peer_is_gone(fd_.get())) return false;
      return Error{ErrorCode::protocol_error, "empty message"};
    }
    // ECONNRESET: the peer died with unread messages; the kernel says so once, before what the peer had sent.
    if (errno == EINTR || errno == ECONNRESET) continue;
    if (!is_would_block(errno)) return errno_error(errno, "cannot receive a message from the peer process");
    if (would_block != nullptr) {
      *would_block = true;
      return false;
    }
    wait_until_ready(fd_.get(), POLLIN);
  }
}

Status Channel::decode_received(std::size_t size, Message& message) {
  if (size > buffer_.size())
    return Error{ErrorCode::protocol_error,
                 fmt::format("message of {} bytes, over the limit of {}", size, kMaxMessageBytes)};
  return decode(std::span(buffer_).first(size), message);
}

Result<std::pair<UniqueFd, UniqueFd>> make_socketpair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return errno_error(errno, "cannot make a socketpair");
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

}  // namespace segfleet
