// SPDX-License-Identifier: Apache-2.0
// segfleet: results on standard output, everything else on standard error. Exit codes: exit_status.h.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>

#include "cli/command.h"
#include "cli/standard_output.h"
#include "cli/usage_error.h"
#include "fleet/exit_status.h"
#include "report/text.h"

namespace segfleet {
namespace {

constexpr const char* kDescription = "Segmentation inference on every device of a machine.";
constexpr const char* kFooter =
    "Exit status: 0 all done, 1 the run failed, 2 usage, 3 done with failed items, 130 interrupted.\n"
    "`segfleet COMMAND --help` explains each command.";

// Where a caller has closed one of them, the next file that is opened would get its number, and what is
// printed would land in that file.
void hold_standard_descriptors() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0; fd = ::open("/dev/null", O_RDWR)) {
    if (fd <= STDERR_FILENO) continue;
    ::close(fd);
    return;
  }
}

int run_command_line(int argc, char** argv) {
  CLI::App app(kDescription, "segfleet");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("segfleet ") + SEGFLEET_VERSION);
  app.require_subcommand(1);
  int exit_status = kExitAllDone;
  add_run_command(app, exit_status);
  add_tune_command(app, exit_status);
  add_ctl_command(app, exit_status);
  add_devices_command(app, exit_status);
  add_inspect_command(app, exit_status);
  add_convert_command(app, exit_status);
  add_report_command(app, exit_status);
  add_doctor_command(app, exit_status);
  add_completion_command(app, exit_status);
  const auto commands = app.get_subcommands([](CLI::App*) { return true; });
  for (CLI::App* command : commands)
    command->set_version_flag("--version", std::string("segfleet ") + SEGFLEET_VERSION);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return kExitUsage;
  }
  const auto usage_error = [&](const std::string& text) {
    put(stderr, printable("segfleet: " + text) + "\n" + try_help(app, argc, argv) + "\n");
    return kExitUsage;
  };
  if (const auto text = wrong_word(app, argc, argv)) return usage_error(*text);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream text;
    const int status = app.exit(success, text, text);
    print_text(text.str());
    return status;
  } catch (const CLI::ParseError& error) {
    return usage_error(parse_error_text(app, error));
  }
  return exit_status;
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  try {
    segfleet::hold_standard_descriptors();
    std::signal(SIGXFSZ, SIG_IGN);  // a file over `ulimit -f` is an error that names it, not our end
    return segfleet::end_standard_output(segfleet::run_command_line(argc, argv));
  } catch (const std::exception& error) {
    segfleet::put(stderr, std::string("segfleet: internal: ") + error.what() + "; please report this\n");
    return segfleet::kExitRunFailed;
  }
}
