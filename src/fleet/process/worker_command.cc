// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/worker_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "base/running_program.h"
#include "engine/python_engines.h"

namespace segfleet {
namespace {

Result<std::filesystem::path> runnable(std::filesystem::path program, std::string_view what,
                                       std::string_view mend) {
  if (::access(program.c_str(), X_OK) == 0) return program;
  const bool there = ::access(program.c_str(), F_OK) == 0;
  return Error{
      there ? ErrorCode::permission_denied : ErrorCode::not_found,
      fmt::format("{} {} {}: {}", what, program.native(), there ? "may not be run" : "does not exist", mend)};
}

constexpr const char* kWorker = "segfleet-worker";

// Beside the running program, which may be an application of the user's; then where it is installed with the
// library that the application links to.
Result<std::filesystem::path> find_native(const std::filesystem::path& given) {
  if (!given.empty()) return runnable(given, "worker program", "install it beside segfleet");
  const Result<std::filesystem::path> program = running_program();
  SEGFLEET_RETURN_IF_ERROR(program);
  std::filesystem::path beside = program->parent_path() / kWorker;
  if (::access(beside.c_str(), X_OK) == 0) return beside;
  const Result<std::filesystem::path> library = own_file();
  SEGFLEET_RETURN_IF_ERROR(library);
  std::filesystem::path installed = (library->parent_path() / "../bin" / kWorker).lexically_normal();
  if (::access(installed.c_str(), X_OK) == 0) return installed;
  return runnable(
      std::move(beside), "worker program",
      fmt::format("nor does {}; install it beside the program, or name it in the options' worker_program",
                  installed.native()));
}

Result<std::filesystem::path> find_on_path(const std::string& name) {
  const char* variable = std::getenv("PATH");
  const std::string_view path = variable == nullptr ? "/usr/bin:/bin" : variable;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::filesystem::path program = std::filesystem::path(path.substr(begin, end - begin)) / name;
    if (program.is_absolute() && ::access(program.c_str(), X_OK) == 0) return program;
    begin = end + 1;
  }
  return Error{ErrorCode::not_found,
               fmt::format("there is no {} on PATH, and Python is needed here: name the interpreter that has "
                           "the package segfleet by --python or SEGFLEET_PYTHON",
                           name)};
}

Result<std::filesystem::path> find_python(const std::filesystem::path& given) {
  std::filesystem::path program = given;
  // Read before any thread starts; nothing in this program changes the environment.
  if (const char* variable = std::getenv("SEGFLEET_PYTHON"); program.empty() && variable != nullptr)
    program = variable;
  if (program.empty()) return find_on_path("python3");
  return runnable(std::move(program), "Python interpreter",
                  "name the one that has the package segfleet by --python or SEGFLEET_PYTHON");
}

}  // namespace

Result<WorkerCommand> find_python_module(const std::string& module, const std::filesystem::path& python) {
  Result<std::filesystem::path> program = find_python(python);
  SEGFLEET_RETURN_IF_ERROR(program);
  return WorkerCommand{std::move(program).value(), {"-m", module}};
}

Result<WorkerCommand> find_worker_command(const std::string& engine, const WorkerPrograms& given) {
  if (is_python_engine(engine)) return find_python_module("segfleet.worker", given.python);
  Result<std::filesystem::path> program = find_native(given.native);
  SEGFLEET_RETURN_IF_ERROR(program);
  return WorkerCommand{std::move(program).value(), {}};
}

}  // namespace segfleet
