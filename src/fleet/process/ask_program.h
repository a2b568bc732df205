// SPDX-License-Identifier: Apache-2.0
// What a child process prints to standard output, as an answer. Thread-safety: free function; the child dies
// with the calling thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/process/worker_command.h"
#include "segfleet/error.h"

namespace segfleet {

struct ProgramQuestion {
  const WorkerCommand& program;
  std::vector<std::string> arguments;
  std::string whom;           // "engine paddle": who does not answer, for messages
  std::string meanwhile;      // "the devices were listed": when it was stopped, for messages
  std::int64_t limit_s = 30;  // 0: none
  int stop_fd = -1;           // readable where the user wants to stop
};

// All that it prints until its end, at most 1 MiB; where it failed, that holds its error. Errors:
// engine_unavailable with how the child ended where it printed nothing, or that it gives no answer in time;
// interrupted; those of Process::spawn().
Result<std::string> ask_program(const ProgramQuestion& question);

}  // namespace segfleet
