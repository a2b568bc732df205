// SPDX-License-Identifier: Apache-2.0
// Answers who connects to a run's control socket, on a thread of its own: neither a slow client nor one that
// sends rubbish can hold up the run. One request and one answer a connection.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "fleet/control/control_socket.h"

namespace segfleet {

class ControlServer {
 public:
  // `answer` gets a request's line and gives the answer's, with its newline; on the server's thread.
  using AnswerLine = std::function<std::string(std::string_view)>;

  // Errors: io_error where no thread or eventfd can be had.
  static Result<std::unique_ptr<ControlServer>> start(ControlSocket socket, AnswerLine answer);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ~ControlServer();  // waits for an answer that is being made; open connections are closed

 private:
  ControlServer(ControlSocket socket, AnswerLine answer, UniqueFd end)
      : socket_(std::move(socket)), answer_(std::move(answer)), end_(std::move(end)) {}
  struct Connection {
    UniqueFd fd;
    std::int64_t deadline_ns = 0;  // then it is closed
    std::string request;           // as far as it came
    std::string answer;            // what is still to be sent; empty: the request is not complete
  };

  void serve();
  bool wait();                         // false: the server ends
  void accept_one();                   // where one waits
  bool go_on(Connection& connection);  // false: it is over
  bool read_request(Connection& connection);
  static bool send_answer(Connection& connection);

  ControlSocket socket_;
  AnswerLine answer_;
  UniqueFd end_;  // an eventfd
  std::vector<Connection> connections_;
  bool one_waits_ = false;  // to be accepted
  bool rests_ = false;      // one waited and could not be had: no descriptor is free, or it was a stranger
  std::thread thread_;
};

}  // namespace segfleet
