// SPDX-License-Identifier: Apache-2.0
#include "transport/channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

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

}  // namespace

Status Channel::send(const Message& message, bool* would_block) {
  if (would_block != nullptr) *would_block = false;
  const std::vector<std::byte> bytes = encode(message);
  if (bytes.size() > kMaxMessageBytes)
    return Error{ErrorCode::protocol_error,
                 fmt::format("cannot send a message of {} bytes, over the limit of {}", bytes.size(),
                             kMaxMessageBytes)};
  while (::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
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
  if (would_block != nullptr) *would_block = false;
  buffer_.resize(kMaxMessageBytes);
  while (true) {
    const ssize_t count = ::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC);
    if (count > 0) return decode_received(static_cast<std::size_t>(count));
    if (count == 0) {
      if (peer_is_gone(fd_.get())) return std::optional<Message>();
      return Error{ErrorCode::protocol_error, "empty message"};
    }
    // ECONNRESET: the peer died with unread messages; the kernel says so once, before what the peer had sent.
    if (errno == EINTR || errno == ECONNRESET) continue;
    if (!is_would_block(errno)) return errno_error(errno, "cannot receive a message from the peer process");
    if (would_block != nullptr) {
      *would_block = true;
      return std::optional<Message>();
    }
    wait_until_ready(fd_.get(), POLLIN);
  }
}

Result<std::optional<Message>> Channel::decode_received(std::size_t size) {
  if (size > buffer_.size())
    return Error{ErrorCode::protocol_error,
                 fmt::format("message of {} bytes, over the limit of {}", size, kMaxMessageBytes)};
  Result<Message> message = decode(std::span(buffer_).first(size));
  SEGFLEET_RETURN_IF_ERROR(message);
  return std::optional<Message>(std::move(*message));
}

Result<std::pair<UniqueFd, UniqueFd>> make_socketpair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return errno_error(errno, "cannot make a socketpair");
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

}  // namespace segfleet
