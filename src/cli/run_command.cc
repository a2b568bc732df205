// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/byte_size.h"
#include "cli/command.h"
#include "cli/plan_option.h"
#include "cli/print_error.h"
#include "cli/run_options.h"
#include "cli/standard_output.h"
#include "cli/stop_on_signals.h"
#include "fleet/exit_status.h"
#include "fleet/ledger/decode_effect.h"
#include "io/sink/output_layout.h"
#include "report/json_events.h"
#include "report/line_log.h"
#include "report/terminal_display.h"
#include "report/text.h"
#include "segfleet/run.h"

namespace segfleet {
namespace {

// Only where there is something to say of it.
std::string batch_text(const DeviceProgress& device) {
  if (device.batch <= 1) return "";
  if (device.memory_total_bytes == 0) return fmt::format(", batch {}", device.batch);
  return fmt::format(", batch {}, {} of {} used", device.batch, bytes_text(device.memory_used_bytes),
                     bytes_text(device.memory_total_bytes));
}

void print_summary(const RunOptions& options, const RunSummary& summary) {
  const Progress& progress = summary.progress;
  if (progress.failed > 0 || summary.interrupted) std::fflush(stderr);
  const double rate = summary.wall_s > 0 ? static_cast<double>(progress.done) / summary.wall_s : 0;
  print("{} of {} images done", progress.skipped + progress.done, progress.total);
  if (progress.skipped > 0) print(" ({} by an earlier run)", progress.skipped);
  if (progress.failed > 0) print(", {} failed", progress.failed);
  print("; {} in this run, {} images/s\n", duration_text(summary.wall_s), rate_text(rate));
  for (const DeviceProgress& device : progress.devices) {
    const double device_rate = summary.wall_s > 0 ? static_cast<double>(device.done) / summary.wall_s : 0;
    print("  {:<10} {} images, {} images/s, peak memory {}{}\n", device.device, device.done,
          rate_text(device_rate), bytes_text(device.peak_rss_bytes), batch_text(device));
  }
  if (summary.fast_decode)
    print("{}\n", printable(fast_decode_sentence(*summary.fast_decode, progress.done)));
  if (summary.nvjpeg) print("{}\n", printable(nvjpeg_sentence(*summary.nvjpeg, progress.done)));
  const OutputLayout layout(options.output, options.layout);
  if (options.write_mask) print("masks:    {}\n", layout.masks().string());
  if (options.write_overlay) print("overlays: {}\n", layout.overlays().string());
  if (options.write_confidence) print("confidence: {}\n", (options.output / "confidence").string());
  print("ledger:   {}\n", (options.output / "ledger.sqlite").string());
  if (progress.failed > 0) print("failures: {}\n", (options.output / "summary.json").string());
  if (summary.interrupted) print("interrupted: the same command resumes\n");
}

std::unique_ptr<RunObserver> people_observer(bool quiet) {
  if (!quiet && can_redraw(stderr)) return std::make_unique<TerminalDisplay>(stderr);
  return std::make_unique<LineLog>(stderr, quiet);
}

int run_for_people(const RunCommandOptions& options, const StopRequest& stop) {
  const auto observer = people_observer(options.quiet);
  for (const std::string& note : options.plan_notes) observer->note(note);
  const auto summary = run(options.run, *observer, stop);
  if (!summary.ok()) return print_error(summary.error());
  if (!options.quiet) print_summary(options.run, *summary);
  return exit_status_of(*summary);
}

int run_for_programs(const RunCommandOptions& options, const StopRequest& stop) {
  JsonEvents events(stdout);
  for (const std::string& note : options.plan_notes) events.note(note);
  const auto summary = run(options.run, events, stop);
  if (!summary.ok()) {
    const int status = print_error(summary.error());
    events.failed(summary.error(), status);
    return status;
  }
  events.ended(*summary, exit_status_of(*summary));
  return exit_status_of(*summary);
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("run", "Turn pictures into masks, on every device");
  auto options = std::make_shared<RunCommandOptions>();
  auto words = std::make_shared<RunOptionWords>();
  words->add_to(*command, *options);
  command->callback([command, options, words, &exit_status] {
    Status status = words->finish(*options);
    if (status.ok() && !options->plan.empty())
      status = take_plan(options->plan, *command, options->run, options->plan_notes);
    if (!status.ok()) {
      exit_status = print_error(status.error());
      return;
    }
    StopRequest stop;
    stop_on_signals(stop);
    exit_status = options->json ? run_for_programs(*options, stop) : run_for_people(*options, stop);
  });
}

}  // namespace segfleet
