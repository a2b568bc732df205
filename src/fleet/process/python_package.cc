// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/python_package.h"

#include <fmt/format.h>

#include "fleet/process/ask_program.h"

namespace segfleet {
namespace {

constexpr const char* kLacks = "lacks";

// Prints kLacks, or the error that importing it raises.
constexpr const char* kProbe =
    "import importlib.util\n"
    "if importlib.util.find_spec('segfleet') is None: print('lacks', end='')\n"
    "else:\n"
    "  try: import segfleet.worker; why = 'it is whole, but does not answer'\n"
    "  except BaseException as error: why = f'{type(error).__name__}: {error}'\n"
    "  print(' '.join(why.split())[:300], end='')\n";

constexpr const char* kOtherPython = "name an interpreter that has it by --python or SEGFLEET_PYTHON";

}  // namespace

Error package_fault(const std::filesystem::path& python, std::string_view task, std::string_view extra,
                    int stop_fd) {
  const std::string& name = python.native();
  const WorkerCommand program{python, {}};
  const Result<std::string> answer =
      ask_program({program, {"-c", kProbe}, name, "Python was looked at", 30, stop_fd, true});
  if (!answer.ok() && answer.error().code == ErrorCode::interrupted) return answer.error();
  const auto unavailable = [](std::string text) {
    return Error{ErrorCode::engine_unavailable, std::move(text)};
  };
  if (!answer.ok())
    return unavailable(
        fmt::format("{} runs no Python code, and the package segfleet {}: {}", name, task, kOtherPython));
  const std::string install = fmt::format("`{} -m pip install {}` in segfleet's source folder", name,
                                          extra.empty() ? "." : fmt::format("'.[{}]'", extra));
  if (*answer == kLacks)
    return unavailable(fmt::format("{} lacks the package segfleet, which {}: {} brings it, or {}", name, task,
                                   install, kOtherPython));
  return unavailable(
      fmt::format("{} cannot use its package segfleet, which {} ({}): {} brings a whole one, or {}", name,
                  task, *answer, install, kOtherPython));
}

}  // namespace segfleet
