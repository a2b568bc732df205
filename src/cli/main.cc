// SPDX-License-Identifier: Apache-2.0
// segfleet: results on standard output, everything else on standard error. Exit codes: exit_status.h.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "fleet/exit_status.h"

namespace segfleet {
namespace {

constexpr const char* kDescription = "Segmentation inference on every device of a machine.";
constexpr const char* kFooter =
    "Exit status: 0 all done, 1 the run failed, 2 usage, 3 done with failed items, 130 interrupted.\n"
    "`segfleet COMMAND --help` explains each command.";

int run_command_line(int argc, char** argv) {
  CLI::App app(kDescription, "segfleet");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("segfleet ") + SEGFLEET_VERSION);
  app.require_subcommand(1);
  int exit_status = kExitAllDone;
  add_run_command(app, exit_status);
  add_devices_command(app, exit_status);
  add_inspect_command(app, exit_status);
  add_doctor_command(app, exit_status);
  add_completion_command(app, exit_status);
  const auto commands = app.get_subcommands([](CLI::App*) { return true; });
  for (CLI::App* command : commands)
    command->set_version_flag("--version", std::string("segfleet ") + SEGFLEET_VERSION);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return kExitUsage;
  }
  const bool known = std::any_of(commands.begin(), commands.end(),
                                 [&](const CLI::App* command) { return command->check_name(argv[1]); });
  if (argv[1][0] != '-' && !known) {
    fmt::print(stderr, "segfleet: there is no command {}\nTry `segfleet --help`.\n", argv[1]);
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "segfleet: {}\nTry `segfleet --help`.\n", error.what());
    return kExitUsage;
  }
  return exit_status;
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  try {
    return segfleet::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "segfleet: internal: {}; please report this\n", error.what());
    return segfleet::kExitRunFailed;
  }
}
