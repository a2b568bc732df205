// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/ask_engine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/clock.h"
#include "base/errno_error.h"
#include "fleet/process/process.h"

namespace segfleet {
namespace {

constexpr std::int64_t kProbeLimitNs = 30'000'000'000;
constexpr std::size_t kAnswerLimit = 1 << 20;

Error unavailable(const std::string& engine, std::string_view why) {
  return {ErrorCode::engine_unavailable,
          fmt::format("engine {} does not answer: {}; `segfleet doctor` tells what is missing", engine, why)};
}

enum class Answer { whole, none_in_time, interrupted };

// Until the writer closes, or the time or the size limit is reached.
Answer read_to_end(int fd, int stop_fd, std::string& text) {
  const std::int64_t deadline = steady_now_ns() + kProbeLimitNs;
  std::array<char, 4096> buffer{};
  while (text.size() <= kAnswerLimit) {
    std::array<pollfd, 2> waiting{pollfd{fd, POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
    const std::int64_t left_ms = (deadline - steady_now_ns()) / 1'000'000;
    const int ready = left_ms <= 0 ? 0 : ::poll(waiting.data(), waiting.size(), static_cast<int>(left_ms));
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

// What the worker program printed; where it failed, its answer holds the error.
Result<std::string> ask_worker(const WorkerCommand& worker, const std::string& engine,
                               const std::vector<std::string>& arguments, int stop_fd = -1) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error(errno, "cannot make a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  ProcessOptions options;
  options.program = worker.program;
  options.arguments = worker.arguments;
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.environment = current_environment();
  options.standard_output = write_end.get();
  Result<Process> process = Process::spawn(options);
  SEGFLEET_RETURN_IF_ERROR(process);
  write_end.reset();
  std::string text;
  const Answer answer = read_to_end(read_end.get(), stop_fd, text);
  if (answer == Answer::interrupted)
    return Error{ErrorCode::interrupted, "stopped while the devices were listed"};
  if (answer != Answer::whole) return unavailable(engine, "it gives no answer within 30 s");
  pollfd ended{process->pidfd(), POLLIN, 0};
  while (::poll(&ended, 1, 1000) < 0 && errno == EINTR) {
  }
  const std::string how = process->try_reap().value_or("still running");
  if (text.empty()) return unavailable(engine, how);
  return text;
}

}  // namespace

Result<EngineDescription> ask_engine(const WorkerCommand& worker, const std::string& engine, int stop_fd) {
  const Result<std::string> answer = ask_worker(worker, engine, {"--describe-engine", engine}, stop_fd);
  SEGFLEET_RETURN_IF_ERROR(answer);
  return engine_description_from_json(*answer);
}

Result<EngineInfo> ask_engine_about_model(const WorkerCommand& worker, const std::string& engine,
                                          const std::filesystem::path& model) {
  const Result<std::string> answer =
      ask_worker(worker, engine, {"--describe-model", model.native(), "--engine", engine});
  SEGFLEET_RETURN_IF_ERROR(answer);
  return engine_info_from_json(*answer);
}

Status check_python_engine(const WorkerCommand& worker, const std::string& engine, int stop_fd) {
  const Result<std::string> answer = ask_worker(worker, engine, {"--check-engine", engine}, stop_fd);
  if (!answer.ok() && answer.error().code == ErrorCode::engine_unavailable)
    return Error{
        ErrorCode::engine_unavailable,
        fmt::format("{} cannot run the package segfleet, which hosts engine {}: install it there by `pip "
                    "install segfleet`, or name another interpreter by --python or SEGFLEET_PYTHON",
                    worker.program.native(), engine)};
  SEGFLEET_RETURN_IF_ERROR(answer);
  const Result<EngineDescription> checked = engine_description_from_json(*answer);
  SEGFLEET_RETURN_IF_ERROR(checked);
  return {};
}

}  // namespace segfleet
