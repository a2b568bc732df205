// SPDX-License-Identifier: Apache-2.0
// A child process that dies with its parent: started by exec, bound to cores, watched through a pidfd.
// Thread-safety: one thread at a time. The kernel ends the child with the THREAD that spawned it
// (PR_SET_PDEATHSIG), so spawn from a thread that stays for as long as the child is wanted.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "segfleet/error.h"

namespace segfleet {

inline constexpr int kFirstInheritedFd = 3;

struct ProcessOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments;    // without the program's own name
  std::vector<std::string> environment;  // "NAME=value": all that the child gets
  std::filesystem::path folder;          // its working folder; empty, or gone by now: the parent's
  std::vector<int> cores;                // empty: as the parent
  std::vector<int> inherited;            // become kFirstInheritedFd and the next ones in the child
  int standard_output = -1;  // -1: the child's output goes to standard error, never between our results
  bool silent = false;       // what it says on standard error goes nowhere
};

class Process {
 public:
  // The child reads nothing from standard input, has no other descriptor of the parent, an empty signal mask,
  // and ignores SIGINT, SIGTERM and SIGPIPE: Ctrl-C reaches the whole terminal group, and stopping is the
  // parent's word. Errors: what exec or a limit says,
  // naming the program (not_found, permission_denied, out_of_memory, io_error).
  static Result<Process> spawn(const ProcessOptions& options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();  // kills and reaps what still runs

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }  // readable once the process has ended
  void kill() const;                          // SIGKILL

  // How it ended, in words; nothing while it runs. Reaps it.
  std::optional<std::string> try_reap();

 private:
  Process(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_ = -1;  // -1: reaped or moved from
  UniqueFd pidfd_;
};

// "exited with status 1", "killed by signal 9 (SIGKILL)"; `status` as waitpid() gives it.
std::string describe_exit(int status);

std::vector<std::string> current_environment();

}  // namespace segfleet
