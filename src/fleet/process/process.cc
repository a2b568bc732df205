// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/errno_error.h"

namespace segfleet {
namespace {

constexpr int kFirstSafeFd = 10;  // above every descriptor that the child gives a meaning to

// All that the child needs, made before the fork: after it only async-signal-safe calls are allowed, since
// another thread may have held any lock.
struct Prepared {
  const char* program;
  const char* folder;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  cpu_set_t cores;
  bool bind_cores;
  std::vector<int> inherited;
  int standard_output;
  bool silent;
  int error_pipe;
  pid_t parent;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Result<UniqueFd> duplicate_above(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstSafeFd));
  if (!copy) return errno_error(errno, "cannot duplicate a descriptor for a worker");
  return copy;
}

// ---- in the child ----

void reset_signals() {
  struct sigaction action {};
  for (int number = 1; number < NSIG; ++number) {
    const bool ignored = number == SIGINT || number == SIGTERM || number == SIGPIPE;
    action.sa_handler = ignored ? SIG_IGN : SIG_DFL;
    ::sigaction(number, &action, nullptr);  // fails for SIGKILL, SIGSTOP and the library's own: as it must
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Everything above what is inherited closes at exec, whether or not it was opened so.
void close_others_at_exec(int first) {
  if (::syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  const long limit = ::sysconf(_SC_OPEN_MAX);
  for (int fd = first; fd < limit; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool set_up_descriptors(const Prepared& prepared) {
  const int null = ::open("/dev/null", O_RDONLY);
  if (null < 0) return false;
  if (null != STDIN_FILENO && ::dup2(null, STDIN_FILENO) < 0) return false;
  const int output = prepared.standard_output >= 0 ? prepared.standard_output : STDERR_FILENO;
  ::dup2(output,
         STDOUT_FILENO);  // fails where the parent has no standard error: then there is none here either
  if (prepared.silent) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    if (nowhere < 0 || ::dup2(nowhere, STDERR_FILENO) < 0) return false;
  }
  int next = kFirstInheritedFd;
  for (const int fd : prepared.inherited)
    if (::dup2(fd, next++) < 0) return false;
  close_others_at_exec(next);
  return true;
}

[[noreturn]] void run_child(const Prepared& prepared) {
  const bool ready =
      ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && set_up_descriptors(prepared) &&
      (!prepared.bind_cores || ::sched_setaffinity(0, sizeof prepared.cores, &prepared.cores) == 0);
  // The parent may have died before the kernel was told to watch it.
  if (::getppid() != prepared.parent) ::_exit(127);
  if (ready) {
    // Where it is gone, every path of the parent's that led through it is gone as well.
    if (*prepared.folder != '\0') (void)!::chdir(prepared.folder);
    reset_signals();
    ::execve(prepared.program, prepared.arguments.data(), prepared.environment.data());
  }
  const int error_number = errno;
  (void)!::write(prepared.error_pipe, &error_number, sizeof error_number);
  ::_exit(127);
}

// ---- in the parent ----

// fork() with every signal blocked:
// a handler must not run in the child, where its descriptors are still ours.
pid_t fork_child(const Prepared& prepared) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(prepared);
  const int error_number = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return pid;
}

// 0 once the child's exec succeeded, else its errno.
int read_exec_error(int fd) {
  int error_number = 0;
  for (;;) {
    const ssize_t count = ::read(fd, &error_number, sizeof error_number);
    if (count < 0 && errno == EINTR) continue;
    return count == static_cast<ssize_t>(sizeof error_number) ? error_number : 0;
  }
}

int wait_for(pid_t pid, int flags, int& status) {
  for (;;) {
    const pid_t result = ::waitpid(pid, &status, flags);
    if (result >= 0 || errno != EINTR) return result;
  }
}

cpu_set_t cpu_set_of(const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores)
    if (core >= 0 && core < CPU_SETSIZE) CPU_SET(core, &set);
  return set;
}

}  // namespace

Result<Process> Process::spawn(const ProcessOptions& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error(errno, "cannot make a pipe to start a worker");
  const UniqueFd read_end(ends[0]);
  UniqueFd low_write_end(ends[1]);
  Result<UniqueFd> write_end = duplicate_above(low_write_end.get());
  SEGFLEET_RETURN_IF_ERROR(write_end);
  std::vector<UniqueFd> copies;
  std::vector<int> inherited;
  for (const int fd : options.inherited) {
    Result<UniqueFd> copy = duplicate_above(fd);
    SEGFLEET_RETURN_IF_ERROR(copy);
    inherited.push_back(copy->get());
    copies.push_back(std::move(copy).value());
  }
  Result<UniqueFd> output =
      options.standard_output < 0 ? Result<UniqueFd>(UniqueFd()) : duplicate_above(options.standard_output);
  SEGFLEET_RETURN_IF_ERROR(output);

  std::vector<std::string> arguments{options.program.native()};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  const Prepared prepared{options.program.c_str(),
                          options.folder.c_str(),
                          pointers(arguments),
                          pointers(options.environment),
                          cpu_set_of(options.cores),
                          !options.cores.empty(),
                          inherited,
                          output->get(),
                          options.silent,
                          write_end->get(),
                          ::getpid()};
  const pid_t pid = fork_child(prepared);
  if (pid < 0) return errno_error(errno, fmt::format("cannot start {}", options.program.native()));
  Process process(pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  const int pidfd_error = process.pidfd_ ? 0 : errno;
  write_end->reset();
  low_write_end.reset();
  if (const int error_number = read_exec_error(read_end.get()); error_number != 0)
    return errno_error(error_number, fmt::format("cannot start {}", options.program.native()));
  if (pidfd_error != 0) return errno_error(pidfd_error, "cannot watch a worker (pidfd_open needs Linux 5.3)");
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Process::~Process() {
  if (pid_ < 0) return;
  kill();
  int status = 0;
  wait_for(pid_, 0, status);
}

// Not yet reaped, so the number cannot belong to anybody else.
void Process::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::optional<std::string> Process::try_reap() {
  int status = 0;
  if (pid_ < 0 || wait_for(pid_, WNOHANG, status) != pid_) return std::nullopt;
  pid_ = -1;
  return describe_exit(status);
}

std::string describe_exit(int status) {
  if (WIFEXITED(status)) return fmt::format("exited with status {}", WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  const char* name = ::sigabbrev_np(number);
  return name == nullptr ? fmt::format("killed by signal {}", number)
                         : fmt::format("killed by signal {} (SIG{})", number, name);
}

std::vector<std::string> current_environment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

}  // namespace segfleet
