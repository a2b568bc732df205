// SPDX-License-Identifier: Apache-2.0
#include "worker/worker_main.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "base/unique_fd.h"
#include "worker/describe_command.h"
#include "worker/worker.h"

namespace segfleet {
namespace {

constexpr int kUsageError = 2;

// Only the coordinator decides when a worker ends: a Ctrl-C reaches the whole process group, and work that is
// leased is still to be finished. Where the coordinator dies, the kernel ends the worker.
void leave_the_end_to_the_coordinator() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
  // A coordinator that died before this call is noticed by the end-of-file on the socket.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

// Engine libraries print to standard output as they like: from here on that is standard error.
// Gives the old one.
UniqueFd keep_standard_output() {
  UniqueFd kept(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return kept;
}

int serve(int socket_fd, const WorkerHost& host) {
  if (::fcntl(socket_fd, F_SETFD, FD_CLOEXEC) != 0) {
    fmt::print(stderr, "segfleet-worker: --socket-fd {} is not an open file descriptor\n", socket_fd);
    return kUsageError;
  }
  leave_the_end_to_the_coordinator();
  keep_standard_output();
  return run_worker(UniqueFd(socket_fd), host);
}

}  // namespace

int worker_main(int argc, const char* const* argv, const WorkerHost& host) {
  CLI::App app("Computes masks for a segfleet coordinator, which starts it. Use `segfleet run`.",
               "segfleet-worker");
  app.set_version_flag("--version", SEGFLEET_VERSION);
  int socket_fd = -1;
  DescribeRequest describe;
  auto* socket_option =
      app.add_option("--socket-fd", socket_fd, "Serve the coordinator on this inherited socket")
          ->check(CLI::NonNegativeNumber);
  auto* engine_option =
      app.add_option("--describe-engine", describe.engine, "Print an engine's devices as JSON");
  auto* model_option =
      app.add_option("--describe-model", describe.model, "Print a model's inputs and outputs as JSON");
  app.add_option("--engine", describe.engine, "Engine for --describe-model")->needs(model_option);
  socket_option->excludes(engine_option)->excludes(model_option);
  engine_option->excludes(model_option);
  CLI11_PARSE(app, argc, argv);
  if (*socket_option) return serve(socket_fd, host);
  if (*engine_option || *model_option)
    return run_describe(describe, host.open_engine, keep_standard_output());
  fmt::print(stderr, "segfleet-worker: nothing to do: it is started by `segfleet run`, see --help\n");
  return kUsageError;
}

}  // namespace segfleet
