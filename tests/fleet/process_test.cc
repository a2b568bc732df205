// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "process_traces.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

ProcessOptions shell(const std::string& script) {
  ProcessOptions options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  return options;
}

std::string wait_for_end(Process& process) {
  pollfd entry{process.pidfd(), POLLIN, 0};
  ::poll(&entry, 1, -1);
  return process.try_reap().value_or("still running");
}

// What the script prints, with the process's end behind it.
std::string output_of(ProcessOptions options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "no pipe";
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  options.standard_output = write_end.get();
  Result<Process> process = Process::spawn(options);
  if (!process.ok()) return process.error().message;
  write_end.reset();
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(read_end.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text + wait_for_end(*process);
}

TEST(Process, SaysHowItEnded) {
  Result<Process> ended = Process::spawn(shell("exit 7"));
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(wait_for_end(*ended), "exited with status 7");
  Result<Process> killed = Process::spawn(shell("kill -9 $$"));
  ASSERT_TRUE(killed.ok());
  EXPECT_EQ(wait_for_end(*killed), "killed by signal 9 (SIGKILL)");
}

TEST(Process, MissingProgramIsNamed) {
  ProcessOptions options;
  options.program = "/nonexistent/worker";
  const Result<Process> process = Process::spawn(options);
  ASSERT_FALSE(process.ok());
  EXPECT_EQ(process.error().code, ErrorCode::not_found);
  EXPECT_NE(process.error().message.find("/nonexistent/worker"), std::string::npos);
}

TEST(Process, ProgramThatMayNotRunIsPermissionDenied) {
  const TempFolder folder;
  ProcessOptions options;
  options.program = folder.path() / "worker";
  std::ofstream(options.program) << "#!/bin/sh\n";
  const Result<Process> process = Process::spawn(options);
  ASSERT_FALSE(process.ok());
  EXPECT_EQ(process.error().code, ErrorCode::permission_denied) << process.error().message;
}

TEST(Process, GetsExactlyTheEnvironmentThatIsGiven) {
  ProcessOptions options;
  options.program = "/usr/bin/env";
  options.environment = {"ONLY=this"};
  EXPECT_EQ(output_of(options), "ONLY=this\nexited with status 0");
}

TEST(Process, StartsInItsFolderWhereThereIsOne) {
  const TempFolder folder;
  ProcessOptions options = shell("pwd");
  options.folder = folder.path();
  EXPECT_EQ(output_of(options), folder.path().native() + "\nexited with status 0");
  options.folder = folder.path() / "gone";
  EXPECT_EQ(output_of(options), std::filesystem::current_path().native() + "\nexited with status 0");
}

TEST(Process, HasNoOtherDescriptorThanItsFourth) {
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets.data()), 0);  // inheritable on purpose
  const UniqueFd ours(sockets[0]);
  const UniqueFd theirs(sockets[1]);
  ProcessOptions options =
      shell("ls /proc/self/fd | wc -l; readlink /proc/self/fd/3 | cut -c1-6; readlink /proc/self/fd/0");
  options.environment = {"PATH=/usr/bin:/bin"};
  options.inherited = {theirs.get()};
  EXPECT_EQ(output_of(options), "5\nsocket\n/dev/null\nexited with status 0");  // 0 1 2 3 and ls's own
}

TEST(Process, IsBoundToItsCores) {
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int core = 0;
  while (!CPU_ISSET(core, &allowed)) ++core;
  ProcessOptions options = shell("grep Cpus_allowed_list /proc/self/status | cut -f2");
  options.environment = {"PATH=/usr/bin:/bin"};
  options.cores = {core};
  EXPECT_EQ(output_of(options), std::to_string(core) + "\nexited with status 0");
}

TEST(Process, CoreThatDoesNotExistIsAnError) {
  ProcessOptions options = shell("true");
  options.cores = {1023};
  EXPECT_FALSE(Process::spawn(options).ok());
}

TEST(Process, IgnoresTheTerminalsSignalsAndBlocksNone) {
  ProcessOptions options = shell("grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2");
  options.environment = {"PATH=/usr/bin:/bin"};
  sigset_t usr1;
  sigset_t before;
  ::sigemptyset(&usr1);
  ::sigaddset(&usr1, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &usr1, &before);
  const std::string output = output_of(options);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  // SIGINT 2, SIGPIPE 13, SIGTERM 15
  EXPECT_EQ(output, "0000000000000000\n0000000000005002\nexited with status 0");
}

TEST(Process, IsKilledAndReapedWithItsOwner) {
  pid_t pid = -1;
  {
    const Result<Process> process = Process::spawn(shell("exec sleep 100"));
    ASSERT_TRUE(process.ok());
    pid = process->pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);  // not even a zombie
}

TEST(Process, DiesWithTheThreadThatSpawnedIt) {
  std::optional<Process> process;
  std::thread([&] {
    Result<Process> spawned = Process::spawn(shell("exec sleep 100"));
    if (spawned.ok()) process.emplace(std::move(spawned).value());
  }).join();
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(wait_for_end(*process), "killed by signal 9 (SIGKILL)");
}

TEST(Process, SpawningLeavesNoDescriptorBehind) {
  const int before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    Result<Process> process = Process::spawn(shell("exit 0"));
    ASSERT_TRUE(process.ok());
    wait_for_end(*process);
  }
  ProcessOptions missing;
  missing.program = "/nonexistent/worker";
  EXPECT_FALSE(Process::spawn(missing).ok());
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace segfleet
