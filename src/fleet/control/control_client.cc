// SPDX-License-Identifier: Apache-2.0
#include "fleet/control/control_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>

#include "base/errno_error.h"
#include "fleet/control/control_socket.h"
#include "fleet/output/output_lock.h"
#include "io/sink/output_layout.h"

namespace segfleet {
namespace {

constexpr int kPatienceS = 60;  // the run may have to ask its engine for devices
constexpr std::size_t kMostAnswerBytes = std::size_t{16} << 20U;

// Why there is no socket to connect to.
Error nobody_there(const OutputLayout& layout) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(layout.root(), ignored))
    return {ErrorCode::not_found,
            fmt::format("there is no output folder {}; name the --output of a run", layout.root().native())};
  const std::optional<std::string> owner = OutputLock::owner(layout.lock());
  if (!owner) return {ErrorCode::not_found, fmt::format("no run is busy in {}", layout.root().native())};
  return {
      ErrorCode::not_found,
      fmt::format("{} is in use by {}, which cannot be controlled: it is still starting or already ending, "
                  "or the folder's file system has no sockets",
                  layout.root().native(), *owner)};
}

Status send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0) return errno_error(errno, "cannot send the request to the run");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> read_line(int fd) {
  std::string line;
  std::array<char, 4096> bytes{};
  while (line.find('\n') == std::string::npos && line.size() < kMostAnswerBytes) {
    const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != ECONNRESET)
      return errno_error(errno == EAGAIN ? ETIMEDOUT : errno, "the run gave no answer");
    if (count <= 0) return Error{ErrorCode::io_error, "the run ended before it answered"};
    line.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return line.substr(0, line.find('\n'));
}

}  // namespace

Result<ControlAnswer> ask_run(const std::filesystem::path& output, const ControlRequest& request) {
  const OutputLayout layout(output);
  Result<UniqueFd> fd = connect_control_socket(layout.control());
  if (!fd.ok() && fd.error().code == ErrorCode::not_found) return nobody_there(layout);
  if (!fd.ok() && fd.error().code == ErrorCode::permission_denied)
    return Error{ErrorCode::permission_denied,
                 fd.error().message + "; only the user who started the run may control it"};
  SEGFLEET_RETURN_IF_ERROR(fd);
  const timeval patience{kPatienceS, 0};
  ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  SEGFLEET_RETURN_IF_ERROR(send_all(fd->get(), request_line(request)));
  const Result<std::string> line = read_line(fd->get());
  SEGFLEET_RETURN_IF_ERROR(line);
  return parse_answer(*line);
}

}  // namespace segfleet
