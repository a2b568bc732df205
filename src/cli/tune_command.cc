// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/print_error.h"
#include "cli/standard_output.h"
#include "cli/stop_on_signals.h"
#include "cli/tune_display.h"
#include "cli/tune_options.h"
#include "fleet/exit_status.h"
#include "report/terminal_display.h"
#include "report/text.h"

namespace segfleet {
namespace {

int tune_for_programs(const TuneOptions& options, const StopRequest& stop) {
  TuneEvents events(stdout);
  const Result<TuneResult> result = tune(options, events, stop);
  if (!result.ok()) {
    const int status = print_error(result.error());
    events.failed(result.error(), status);
    return status;
  }
  events.ended(*result, options.output.string());
  return kExitAllDone;
}

int tune_quietly(const TuneOptions& options, const StopRequest& stop) {
  TuneObserver nothing;
  const Result<TuneResult> result = tune(options, nothing, stop);
  return result.ok() ? kExitAllDone : print_error(result.error());
}

int tune_for_people(const TuneOptions& options, const StopRequest& stop) {
  TuneLines lines(stderr, can_redraw(stderr));
  const Result<TuneResult> result = tune(options, lines, stop);
  lines.end();
  if (!result.ok()) return print_error(result.error());
  print_text(table_text(*result));
  print("{}\n", result->plan.limit);
  print("{} trials in {}; plan: {} (segfleet run --plan {} ...)\n", result->trials,
        duration_text(result->elapsed_s), options.output.string(), options.output.string());
  return kExitAllDone;
}

}  // namespace

void add_tune_command(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("tune", "Find the fastest plan for a model on this machine, by short trials");
  auto options = std::make_shared<TuneCommandOptions>();
  auto words = std::make_shared<TuneOptionWords>();
  words->add_to(*command, *options);
  command->callback([options, words, &exit_status] {
    if (const Status status = words->finish(*options); !status.ok()) {
      exit_status = print_error(status.error());
      return;
    }
    StopRequest stop;
    stop_on_signals(stop);
    exit_status = options->json    ? tune_for_programs(options->tune, stop)
                  : options->quiet ? tune_quietly(options->tune, stop)
                                   : tune_for_people(options->tune, stop);
  });
}

}  // namespace segfleet
