// SPDX-License-Identifier: Apache-2.0
#include "base/start_thread.h"

#include <signal.h>

#include <string>
#include <system_error>
#include <utility>

namespace segfleet {

Result<std::thread> start_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<std::thread> started = Error{ErrorCode::internal, ""};
  try {
    started = std::thread(std::move(body));
  } catch (const std::system_error& error) {
    started = Error{ErrorCode::io_error, std::string("cannot start a thread: ") + error.what()};
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace segfleet
