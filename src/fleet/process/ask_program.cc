// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/ask_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/clock.h"
#include "base/errno_error.h"
#include "fleet/process/process.h"

namespace segfleet {
namespace {

constexpr std::size_t kAnswerLimit = 1 << 20;

Error unavailable(const ProgramQuestion& question, std::string_view why) {
  return {ErrorCode::engine_unavailable,
          fmt::format("{} does not answer: {}; `segfleet doctor` tells what is missing", question.whom, why)};
}

enum class Answer { whole, none_in_time, interrupted };

// Until the writer closes, or the time or the size limit is reached.
Answer read_to_end(int fd, const ProgramQuestion& question, std::string& text) {
  const std::int64_t deadline = steady_now_ns() + question.limit_s * 1'000'000'000;
  std::array<char, 4096> buffer{};
  while (text.size() <= kAnswerLimit) {
    std::array<pollfd, 2> waiting{pollfd{fd, POLLIN, 0}, pollfd{question.stop_fd, POLLIN, 0}};
    const std::int64_t left_ms =
        question.limit_s == 0 ? -1 : std::max((deadline - steady_now_ns()) / 1'000'000, std::int64_t{0});
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(left_ms));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Answer::none_in_time;
    if (waiting[1].revents != 0) return Answer::interrupted;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? Answer::whole : Answer::none_in_time;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return Answer::none_in_time;
}

}  // namespace

Result<std::string> ask_program(const ProgramQuestion& question) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error(errno, "cannot make a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  ProcessOptions options;
  options.program = question.program.program;
  options.arguments = question.program.arguments;
  options.arguments.insert(options.arguments.end(), question.arguments.begin(), question.arguments.end());
  options.environment = current_environment();
  options.standard_output = write_end.get();
  options.silent = question.silent;
  Result<Process> process = Process::spawn(options);
  SEGFLEET_RETURN_IF_ERROR(process);
  write_end.reset();
  std::string text;
  const Answer answer = read_to_end(read_end.get(), question, text);
  if (answer == Answer::interrupted)
    return Error{ErrorCode::interrupted, fmt::format("stopped while {}", question.meanwhile)};
  if (answer != Answer::whole)
    return unavailable(question, fmt::format("it gives no answer within {} s", question.limit_s));
  pollfd ended{process->pidfd(), POLLIN, 0};
  while (::poll(&ended, 1, 1000) < 0 && errno == EINTR) {
  }
  const std::string how = process->try_reap().value_or("still running");
  if (text.empty()) return unavailable(question, how);
  return text;
}

}  // namespace segfleet
