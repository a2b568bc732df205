// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/convert_model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fleet/process/ask_program.h"
#include "fleet/process/python_package.h"

namespace segfleet {
namespace {

constexpr const char* kWhom = "segfleet.convert";
constexpr const char* kTask = "converts models";
constexpr const char* kExtra = "convert";

// {"package": "FOLDER" or null, ...}, or {"error": {"code", "message"}}.
Result<std::filesystem::path> package_of(const std::string& answer) {
  try {
    const auto json = nlohmann::json::parse(answer);
    if (json.contains("error")) {
      const auto& error = json.at("error");
      return Error{error_code_from_name(error.at("code").get<std::string>()).value_or(ErrorCode::internal),
                   error.at("message").get<std::string>()};
    }
    const auto& package = json.at("package");
    return std::filesystem::path(package.is_null() ? std::string() : package.get<std::string>());
  } catch (const nlohmann::json::exception& exception) {
    return Error{ErrorCode::protocol_error,
                 fmt::format("{} gives an answer that is none: {}", kWhom, exception.what())};
  }
}

}  // namespace

Result<WorkerCommand> find_converter(const std::filesystem::path& python) {
  Result<WorkerCommand> converter = find_python_module("segfleet.convert", python);
  SEGFLEET_RETURN_IF_ERROR(converter);
  const Result<std::string> help =
      ask_program({*converter, {"--help"}, kWhom, "Python was looked at", 30, -1, true});
  if (help.ok()) return converter;
  return package_fault(converter->program, kTask, kExtra);
}

Result<std::filesystem::path> find_converted(const WorkerCommand& converter,
                                             const std::filesystem::path& model, int stop_fd) {
  const Result<std::string> answer = ask_program({converter,
                                                  {"--json", "--find", "--", model.native()},
                                                  kWhom,
                                                  "Python was looked at",
                                                  30,
                                                  stop_fd,
                                                  true});
  if (!answer.ok() && answer.error().code == ErrorCode::engine_unavailable)
    return package_fault(converter.program, kTask, kExtra, stop_fd);
  SEGFLEET_RETURN_IF_ERROR(answer);
  return package_of(*answer);
}

Result<std::filesystem::path> convert_model(const WorkerCommand& converter,
                                            const std::filesystem::path& model, int stop_fd) {
  const Result<std::string> answer = ask_program(
      {converter, {"--json", "--", model.native()}, kWhom, "the model was converted", 0, stop_fd});
  SEGFLEET_RETURN_IF_ERROR(answer);
  return package_of(*answer);
}

}  // namespace segfleet
