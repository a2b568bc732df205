// SPDX-License-Identifier: Apache-2.0
// `segfleet ctl`: asks or changes the run that is busy in an output folder.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/print_error.h"
#include "cli/standard_output.h"
#include "fleet/control/control_client.h"
#include "fleet/control/progress_json.h"
#include "fleet/exit_status.h"
#include "report/terminal_display.h"
#include "report/text.h"

namespace segfleet {
namespace {

struct CtlWords {
  std::string output;
  std::string action;
  std::string devices;
  bool json = false;
};

std::uint64_t count_in(const ControlAnswer& run, const char* field) {
  const auto found = run.find(field);
  return found != run.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

void print_status(const ControlAnswer& run) {
  const Progress progress = progress_from_json(run);
  print("{}\n", progress_line(progress));
  print("{} items wait, {} at workers; process {}, {} so far\n", count_in(run, "waiting"),
        count_in(run, "leased"), count_in(run, "pid"), duration_text(progress.elapsed_s));
  for (const DeviceProgress& device : progress.devices)
    print("{}\n", printable(device_line(device) + queues_text(device)));
}

void print_answer(const ControlAnswer& answer) {
  if (const auto run = answer.find("run"); run != answer.end()) print_status(*run);
  if (const auto said = answer.find("said"); said != answer.end() && said->is_string())
    print("{}\n", printable(said->get<std::string>()));
}

int control(const CtlWords& words) {
  const ControlRequest request{control_command_from_name(words.action).value_or(ControlCommand::status),
                               words.devices};
  if (takes_devices(request.command) == words.devices.empty())
    return print_error(
        {ErrorCode::invalid_argument,
         words.devices.empty()
             ? fmt::format("ctl {} lacks its devices, such as gpu:2", words.action)
             : fmt::format("ctl {} takes no devices, but got {}", words.action, words.devices)});
  const Result<ControlAnswer> answer = ask_run(words.output, request);
  if (!answer.ok()) return print_error(answer.error());
  if (words.json)
    print("{}\n", answer->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  else
    print_answer(*answer);
  return kExitAllDone;
}

}  // namespace

void add_ctl_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("ctl", "Ask or change a live run: its devices, pause and resume");
  auto words = std::make_shared<CtlWords>();
  command->add_option("output", words->output, "The run's output folder")->required()->type_name("DIR");
  command->add_option("action", words->action, "status, pause, resume, add or remove")
      ->required()
      ->check(CLI::IsMember({"status", "pause", "resume", "add", "remove"}))
      ->type_name("ACTION");
  command->add_option("devices", words->devices, "For add and remove: as --devices, such as gpu:2")
      ->type_name("SPEC");
  command->add_flag("--json", words->json, "The run's answer as one JSON object");
  command->callback([words, &exit_status] { exit_status = control(*words); });
}

}  // namespace segfleet
