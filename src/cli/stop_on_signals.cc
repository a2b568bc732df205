// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_on_signals.h"

#include <csignal>

namespace segfleet {
namespace {

StopRequest* stop_of_signals = nullptr;  // set before the handler is, for the whole run

void on_signal(int /*number*/) {
  stop_of_signals->request();
}

}  // namespace

void stop_on_signals(StopRequest& stop) {
  stop_of_signals = &stop;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction inherited {};
    ::sigaction(number, nullptr, &inherited);
    // nohup and a shell's background jobs ask us to ignore some: that stands.
    if (inherited.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
  }
  // A reader that went away (`segfleet run --json | head`) must not kill a job half-way.
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace segfleet
