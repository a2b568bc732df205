// SPDX-License-Identifier: Apache-2.0
#include "cli/tune_options.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "cli/compute_words.h"
#include "cli/key_values.h"

namespace segfleet {
namespace {

// "60", "60s", "5m", "1h".
std::optional<double> seconds_of(std::string_view text) {
  double factor = 1;
  if (text.ends_with('s') || text.ends_with('m') || text.ends_with('h')) {
    factor = text.back() == 'h' ? 3600 : text.back() == 'm' ? 60 : 1;
    text.remove_suffix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value * factor;
}

}  // namespace

void TuneOptionWords::add_to(CLI::App& command, TuneCommandOptions& options) {
  TuneOptions& tune = options.tune;
  command
      .add_option("--model", tune.compute.model, "Model package: the folder with deploy.yaml, or that file")
      ->required()
      ->type_name("DIR");
  command
      .add_option(
          "--input", tune.inputs,
          "Pictures like those of the job: files, folders, globs, @LIST, - for a list on standard input")
      ->required()
      ->expected(-1)
      ->type_name("PATH...");
  command.add_option("--output", tune.output, "File for the plan; trials use a folder beside it")
      ->default_str("plan.yaml")
      ->type_name("FILE");
  command.add_option("--budget", budget_, "Time for all of it: 60s, 5m, 1h")
      ->capture_default_str()
      ->type_name("TIME");
  command
      .add_option("--agreement", agreement_percent_,
                  "A precision is recommended where so many percent of the pixels keep fp32's label")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str()
      ->type_name("PERCENT");
  command.add_option("--sample", tune.sample, "Pictures that trials use, evenly chosen from the inputs")
      ->check(CLI::Range(1, 999))
      ->capture_default_str()
      ->type_name("N");

  auto* what = "What is computed, as for run";
  command
      .add_option("--size", tune.compute.output_size,
                  "Size of the masks: that of the picture, or of the network")
      ->transform(one_of(kSizes))
      ->default_str("original")
      ->type_name("original|network")
      ->group(what);
  command
      .add_option("--restore", tune.compute.restore,
                  "From an argmax export: its labels, or the scores before its ArgMax")
      ->transform(one_of(kRestores))
      ->default_str("labels")
      ->type_name("labels|logits")
      ->group(what);

  add_decode_words(command, tune.compute, what);

  add_grid(command, tune.grid);

  add_engine_words(command, tune.compute, engine_options_, "How engines are started");

  command.add_flag("--json", options.json, "One JSON event a line on standard output");
  command.add_flag("--quiet", options.quiet, "Only errors");
}

void TuneOptionWords::add_grid(CLI::App& command, Grid& grid) {
  auto* tried = "What is tried; default: chosen by devices, model and what is installed";
  command.add_option("--engine", grid.engines, "Engines, as for run")
      ->delimiter(',')
      ->type_name("LIST")
      ->group(tried);
  command.add_option("--precision", grid.precisions, "fp32, bf16, or both")
      ->delimiter(',')
      ->transform(one_of(kPrecisions))
      ->type_name("LIST")
      ->group(tried);
  command.add_option("--devices", grid.devices, "Devices, as for run; repeatable, each is tried")
      ->expected(1)
      ->take_all()
      ->type_name("SPEC")
      ->group(tried);
  const auto numbers = [&](const char* name, std::vector<int>& values, int most, const char* help) {
    command.add_option(name, values, help)
        ->delimiter(',')
        ->check(CLI::Range(1, most))
        ->type_name("LIST")
        ->group(tried);
  };
  numbers("--workers-per-device", grid.workers_per_device, 64, "Worker processes on each device");
  numbers("--lanes", grid.lanes, 64, "Engine calls at once in a worker");
  numbers("--threads", grid.threads, 1024, "Compute threads of a worker's engine");
  numbers("--batch", grid.batches, 1024, "Pictures per engine call");
}

Status TuneOptionWords::finish(TuneCommandOptions& options) const {
  TuneOptions& tune = options.tune;
  const std::optional<double> budget_s = seconds_of(budget_);
  if (!budget_s)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("--budget {}: it must be a time such as 60s, 5m or 1h", budget_)};
  tune.budget_s = *budget_s;
  tune.least_agreement = agreement_percent_ / 100;
  return take_key_values("--engine-option", engine_options_, tune.compute.engine_options);
}

}  // namespace segfleet
