// SPDX-License-Identifier: Apache-2.0
#include "fleet/control/control_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"
#include "base/errno_error.h"
#include "base/start_thread.h"
#include "fleet/control/control_request.h"

namespace segfleet {
namespace {

constexpr std::size_t kMostConnections = 8;  // more wait in the socket's backlog
constexpr std::int64_t kPatienceNs = 5'000'000'000;
constexpr std::int64_t kRestNs = 100'000'000;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(ControlSocket socket, AnswerLine answer) {
  UniqueFd end(::eventfd(0, EFD_CLOEXEC));
  if (!end) return errno_error(errno, "cannot make an eventfd");
  std::unique_ptr<ControlServer> server(
      new ControlServer(std::move(socket), std::move(answer), std::move(end)));
  Result<std::thread> thread = start_thread([server = server.get()] { server->serve(); });
  SEGFLEET_RETURN_IF_ERROR(thread);
  server->thread_ = std::move(thread).value();
  return server;
}

ControlServer::~ControlServer() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  (void)!::write(end_.get(), &one, sizeof one);
  thread_.join();
}

void ControlServer::serve() {
  while (wait()) {
    accept_one();
    std::erase_if(connections_, [this](Connection& connection) { return !go_on(connection); });
  }
}

bool ControlServer::wait() {
  std::vector<pollfd> wanted{{end_.get(), POLLIN, 0}};
  const bool welcome = connections_.size() < kMostConnections && !rests_;
  wanted.push_back({welcome ? socket_.fd() : -1, POLLIN, 0});
  std::int64_t deadline_ns = rests_ ? steady_now_ns() + kRestNs : INT64_MAX;
  for (const Connection& connection : connections_) {
    wanted.push_back(
        {connection.fd.get(), static_cast<short>(connection.answer.empty() ? POLLIN : POLLOUT), 0});
    deadline_ns = std::min(deadline_ns, connection.deadline_ns);
  }
  int timeout_ms = -1;
  if (deadline_ns != INT64_MAX)
    timeout_ms = static_cast<int>(std::max<std::int64_t>(0, (deadline_ns - steady_now_ns()) / 1'000'000 + 1));
  ::poll(wanted.data(), wanted.size(), timeout_ms);
  one_waits_ = (wanted[1].revents & POLLIN) != 0;
  return (wanted[0].revents & POLLIN) == 0;
}

void ControlServer::accept_one() {
  rests_ = false;
  if (!one_waits_) return;
  UniqueFd fd = socket_.accept();
  rests_ = !fd;
  if (fd) connections_.push_back({std::move(fd), steady_now_ns() + kPatienceNs, {}, {}});
}

bool ControlServer::go_on(Connection& connection) {
  if (connection.answer.empty() && !read_request(connection)) return false;
  if (!connection.answer.empty() && !send_answer(connection)) return false;
  return steady_now_ns() < connection.deadline_ns;
}

bool ControlServer::read_request(Connection& connection) {
  std::array<char, kMostRequestBytes> bytes{};
  const ssize_t count = ::recv(connection.fd.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return would_block();
  if (count == 0) return false;
  connection.request.append(bytes.data(), static_cast<std::size_t>(count));
  const std::size_t end = connection.request.find('\n');
  if (end == std::string::npos && connection.request.size() < kMostRequestBytes) return true;
  connection.answer = answer_(std::string_view(connection.request).substr(0, end));
  connection.deadline_ns = steady_now_ns() + kPatienceNs;  // making it may have taken its time
  return true;
}

bool ControlServer::send_answer(Connection& connection) {
  const std::string& answer = connection.answer;
  const ssize_t count = ::send(connection.fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  if (count < 0) return would_block();
  connection.answer.erase(0, static_cast<std::size_t>(count));
  return !connection.answer.empty();
}

}  // namespace segfleet
