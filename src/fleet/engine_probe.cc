// SPDX-License-Identifier: Apache-2.0
#include "fleet/engine_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/errno_error.h"
#include "fleet/process.h"

namespace segfleet {
namespace {

constexpr std::int64_t kProbeLimitNs = 30'000'000'000;
constexpr std::size_t kAnswerLimit = 1 << 20;

Error unavailable(const std::string& engine, std::string_view why) {
  return {
      ErrorCode::engine_unavailable,
      fmt::format("engine {} cannot say which devices it has: {}; `segfleet doctor` tells what is missing",
                  engine, why)};
}

// Until the writer closes. False: the time or the size limit was reached.
bool read_to_end(int fd, std::string& text) {
  const std::int64_t deadline = steady_now_ns() + kProbeLimitNs;
  std::array<char, 4096> buffer{};
  while (text.size() <= kAnswerLimit) {
    pollfd entry{fd, POLLIN, 0};
    const std::int64_t left_ms = (deadline - steady_now_ns()) / 1'000'000;
    const int ready = left_ms <= 0 ? 0 : ::poll(&entry, 1, static_cast<int>(left_ms));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return false;
}

Result<std::vector<EngineDevice>> parse_answer(const std::string& engine, const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("devices") || !json["devices"].is_array())
    return unavailable(engine, "its answer is not understood");
  std::vector<EngineDevice> devices;
  for (const auto& device : json["devices"]) {
    if (!device.is_object() || !device.contains("name") || !device["name"].is_string())
      return unavailable(engine, "its answer is not understood");
    const auto description = device.find("description");
    devices.push_back(
        {device["name"].get<std::string>(), description != device.end() && description->is_string()
                                                ? description->get<std::string>()
                                                : std::string()});
  }
  return devices;
}

bool any_device_file() {
  if (::access("/dev/nvidia0", F_OK) == 0 || ::access("/dev/accel", F_OK) == 0) return true;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/dri", error))
    if (entry.path().filename().native().starts_with("renderD")) return true;
  return false;
}

}  // namespace

bool accelerators_wanted(const std::string& devices) {
  for (std::size_t begin = 0; begin <= devices.size();) {
    const std::size_t end = std::min(devices.find(',', begin), devices.size());
    const std::string_view word = std::string_view(devices).substr(begin, end - begin);
    // A bare number goes on with the list before it: "gpu:0,1".
    const bool names_another = !word.empty() && word[0] >= 'a' && word[0] <= 'z' &&
                               !word.starts_with("cpu") && !word.starts_with("sim");
    if (names_another) return any_device_file();
    begin = end + 1;
  }
  return false;
}

Result<std::vector<EngineDevice>> probe_engine(const std::filesystem::path& worker_program,
                                               const std::string& engine) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error(errno, "cannot make a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  ProcessOptions options;
  options.program = worker_program;
  options.arguments = {"--describe-engine", engine};
  options.environment = current_environment();
  options.standard_output = write_end.get();
  Result<Process> process = Process::spawn(options);
  SEGFLEET_RETURN_IF_ERROR(process);
  write_end.reset();
  std::string text;
  if (!read_to_end(read_end.get(), text)) return unavailable(engine, "it gives no answer within 30 s");
  pollfd ended{process->pidfd(), POLLIN, 0};
  while (::poll(&ended, 1, 1000) < 0 && errno == EINTR) {
  }
  const std::string how = process->try_reap().value_or("still running");
  if (how != "exited with status 0") return unavailable(engine, how);
  return parse_answer(engine, text);
}

}  // namespace segfleet
