// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/ask_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "fleet/process/ask_program.h"
#include "fleet/process/python_package.h"

namespace segfleet {
namespace {

constexpr std::int64_t kLoadLimit_s = 600;  // as a worker of a run has

}  // namespace

Result<EngineDescription> ask_engine(const WorkerCommand& worker, const std::string& engine, int stop_fd) {
  const Result<std::string> answer = ask_program(
      {worker, {"--describe-engine", engine}, "engine " + engine, "the devices were listed", 30, stop_fd});
  SEGFLEET_RETURN_IF_ERROR(answer);
  return engine_description_from_json(*answer);
}

Result<EngineInfo> ask_engine_about_model(const WorkerCommand& worker, const std::string& engine,
                                          const std::filesystem::path& model) {
  const Result<std::string> answer = ask_program({worker,
                                                  {"--describe-model", model.native(), "--engine", engine},
                                                  "engine " + engine,
                                                  "the model was loaded",
                                                  kLoadLimit_s});
  SEGFLEET_RETURN_IF_ERROR(answer);
  return engine_info_from_json(*answer);
}

Result<std::vector<Status>> check_python_engines(const WorkerCommand& worker,
                                                 const std::vector<std::string>& engines, int stop_fd) {
  std::vector<std::string> arguments{"--check-engine"};
  arguments.insert(arguments.end(), engines.begin(), engines.end());
  const std::string whom =
      fmt::format("engine{} {}", engines.size() > 1 ? "s" : "", fmt::join(engines, " and "));
  // Silent: a Python that lacks the package, or what it needs, would say so in a traceback.
  const Result<std::string> answer =
      ask_program({worker, std::move(arguments), whom, "the engine was looked for", 30, stop_fd, true});
  if (!answer.ok() && answer.error().code == ErrorCode::engine_unavailable)
    return package_fault(worker.program, "hosts " + whom, "", stop_fd);
  SEGFLEET_RETURN_IF_ERROR(answer);
  std::vector<Status> statuses;
  std::istringstream lines(*answer);
  for (std::string line; statuses.size() < engines.size();) {
    std::getline(lines, line);
    const Result<EngineDescription> checked = engine_description_from_json(line);
    statuses.push_back(checked.ok() ? Status() : checked.error());
    line.clear();
  }
  return statuses;
}

Status check_python_engine(const WorkerCommand& worker, const std::string& engine, int stop_fd) {
  const Result<std::vector<Status>> checked = check_python_engines(worker, {engine}, stop_fd);
  return checked.ok() ? checked->front() : Status(checked.error());
}

}  // namespace segfleet
