// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/convert_model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fleet/process/ask_program.h"

namespace segfleet {
namespace {

constexpr const char* kWhom = "segfleet.convert";

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
  const Result<std::string> help = ask_program({*converter, {"--help"}, kWhom, "Python was looked at"});
  if (help.ok()) return converter;
  return Error{ErrorCode::engine_unavailable,
               fmt::format("{} cannot run the package segfleet, which converts models: install it there by "
                           "`pip install segfleet paddlepaddle paddle2onnx`, or name another interpreter by "
                           "--python or SEGFLEET_PYTHON",
                           converter->program.native())};
}

Result<std::filesystem::path> find_converted(const WorkerCommand& converter,
                                             const std::filesystem::path& model, int stop_fd) {
  const Result<std::string> answer = ask_program(
      {converter, {"--json", "--find", "--", model.native()}, kWhom, "Python was looked at", 30, stop_fd});
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
