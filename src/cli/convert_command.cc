// SPDX-License-Identifier: Apache-2.0
// `segfleet convert`: this process becomes `PYTHON -m segfleet.convert`, whose words it knows.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_error.h"
#include "cli/command.h"
#include "cli/print_error.h"
#include "fleet/process/convert_model.h"

namespace segfleet {
namespace {

struct ConvertWords {
  std::string model;
  std::string output;
  std::string opset;
  std::string python;
  bool json = false;
};

// Returns only where it failed.
Error become(const WorkerCommand& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{command.program.native()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(words[0].c_str(), pointers.data());
  return errno_error(errno, fmt::format("cannot start {}", words[0]));
}

Error convert(const ConvertWords& words) {
  const Result<WorkerCommand> converter = find_converter(words.python);
  if (!converter.ok()) return converter.error();
  std::vector<std::string> arguments;
  if (words.json) arguments.emplace_back("--json");
  if (!words.output.empty()) arguments.push_back("--output=" + words.output);
  if (!words.opset.empty()) arguments.push_back("--opset=" + words.opset);
  arguments.insert(arguments.end(), {"--", words.model});
  return become(*converter, arguments);
}

}  // namespace

void add_convert_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("convert", "Convert a Paddle model package to ONNX, checked");
  auto words = std::make_shared<ConvertWords>();
  command->add_option("model", words->model, "Model package with a Paddle graph")
      ->required()
      ->type_name("DIR");
  command->add_option("--output", words->output, "A new folder for the ONNX package; default: the cache")
      ->type_name("DIR");
  command->add_option("--opset", words->opset, "ONNX operator set, 7 to 19; default 14")
      ->check(CLI::Range(7, 19))
      ->type_name("N");
  command->add_option("--python", words->python, "Interpreter; default $SEGFLEET_PYTHON, else python3")
      ->type_name("PROGRAM");
  command->add_flag("--json", words->json, "One JSON object");
  command->callback([words, &exit_status] { exit_status = print_error(convert(*words)); });
}

}  // namespace segfleet
