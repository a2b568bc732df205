// SPDX-License-Identifier: Apache-2.0
#include "cli/run_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/compute_words.h"
#include "cli/key_values.h"

namespace segfleet {
namespace {

const std::map<std::string, Layout> kLayouts{
    {"segfleet", Layout::segfleet}, {"infer", Layout::infer}, {"predict", Layout::predict}};
const std::map<std::string, NameStyle> kNames{{"stem", NameStyle::stem}, {"full", NameStyle::full}};

}  // namespace

void RunOptionWords::add_to(CLI::App& command, RunCommandOptions& options) {
  RunOptions& run = options.run;
  command.add_option("--model", run.model, "Model package: the folder with deploy.yaml, or that file")
      ->required()
      ->type_name("DIR");
  command
      .add_option("--input", run.inputs,
                  "Pictures: files, folders, globs, @LIST for a list file, - for a list on standard input")
      ->required()
      ->expected(-1)
      ->type_name("PATH...");
  command
      .add_option("--output", run.output,
                  "Folder for masks/, overlays/, confidence/, ledger.sqlite and summary.json")
      ->required()
      ->type_name("DIR");

  auto* what = "What is computed";
  outputs_option_ =
      command.add_option("--outputs", outputs_, "mask, overlay, confidence, or several of them")
          ->delimiter(',')
          ->check(CLI::IsMember({"mask", "overlay", "confidence"}))
          ->capture_default_str()
          ->type_name("LIST")
          ->group(what);
  size_option_ = command
                     .add_option("--size", run.output_size,
                                 "Size of the results: that of the picture, or of the network")
                     ->transform(one_of(kSizes))
                     ->type_name("original|network")
                     ->default_str("original")
                     ->group(what);
  command
      .add_option("--restore", run.restore,
                  "From an argmax export: its labels, or the scores before its ArgMax, with smooth edges")
      ->transform(CLI::Transformer(kRestores))
      ->type_name("labels|logits")
      ->default_str("labels")
      ->group(what);
  command
      .add_option("--min-confidence", run.min_confidence,
                  "Where the class's probability is below, the label is --unknown-class")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("P")
      ->group(what);
  command.add_option("--unknown-class", run.unknown_class, "The label below --min-confidence")
      ->check(CLI::Range(0, 255))
      ->capture_default_str()
      ->type_name("N")
      ->group(what);
  command
      .add_option("--threshold", run.threshold,
                  "One or two classes: class 1 where its probability is above; default: the likelier class")
      ->type_name("P")
      ->group(what);
  command
      .add_flag("--multi-label", run.multi_label,
                "Classes do not exclude each other: the label is the sum of index + 1 over the classes whose "
                "probability is above --threshold (default 0.5)")
      ->group(what);
  command
      .add_option(
          "--layout", run.layout,
          "Names and forms of the results: segfleet's, or those of PaddleSeg's infer.py or predict.py")
      ->transform(one_of(kLayouts))
      ->type_name("segfleet|infer|predict")
      ->default_str("segfleet")
      ->group(what);
  command
      .add_option("--paddleseg-version", paddleseg_version_,
                  "2.1: of models that give scores, labels are taken at network size and then enlarged")
      ->check(CLI::IsMember({"2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9"}))
      ->capture_default_str()
      ->type_name("2.1..2.9")
      ->group(what);
  command.add_option("--names", run.names, "a.jpg becomes a.png (stem) or a.jpg.png (full)")
      ->transform(one_of(kNames))
      ->type_name("stem|full")
      ->default_str("stem")
      ->group(what);
  command
      .add_option("--precision", run.precision,
                  "Arithmetic of the engine; bf16 is faster and changes some labels")
      ->transform(one_of(kPrecisions))
      ->type_name("fp32|bf16")
      ->default_str("fp32")
      ->group(what);
  add_decode_words(command, run, what);
  command
      .add_flag("--sticky-resize-by-short", run.sticky_resize_by_short,
                "PaddleSeg's order-dependent ResizeByShort; needs one worker and batch 1")
      ->group(what);
  command.add_flag("--resume", resume_, "Continue an earlier run; fail where there is none")->group(what);
  command.add_flag("--restart", restart_, "Forget the earlier run and compute everything again")
      ->excludes("--resume")
      ->group(what);

  auto* how = "How it is computed";
  command
      .add_option("--plan", options.plan,
                  "What segfleet tune found for this model and machine; options said beside it win")
      ->type_name("FILE")
      ->group(how);
  command
      .add_option("--devices", run.devices,
                  "auto, cpu, cpu:0-3 (these cores), cpu*4 (four groups), gpu:0,1; sim*8 (simulated)")
      ->capture_default_str()
      ->type_name("SPEC")
      ->group(how);
  command.add_option("--workers-per-device", run.workers_per_device, "Worker processes on each device")
      ->check(CLI::Range(1, 64))
      ->capture_default_str()
      ->type_name("N")
      ->group(how);
  command
      .add_option(
          "--lanes", run.lanes,
          "Engine calls at once in a worker; default: on the CPU one a core, at most 8, on a card that "
          "ONNX Runtime drives 2 with batch 1, elsewhere 1")
      ->check(CLI::Range(1, 64))
      ->type_name("N")
      ->group(how);
  command
      .add_option("--threads", run.threads,
                  "Compute threads of a worker's engine; default: as many as it has cores")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->group(how);
  command
      .add_option("--batch", batch_,
                  "Pictures per engine call; auto: grown from 1 as long as it pays and fits")
      ->check(CLI::Range(1, 1024) | CLI::IsMember({"auto"}))
      ->capture_default_str()
      ->type_name("N|auto")
      ->group(how);
  command
      .add_option("--memory-limit", memory_limit_,
                  "Of each device for its workers: bytes, 4GiB, or 80%; default: what is free")
      ->type_name("SIZE")
      ->group(how);
  command
      .add_option("--memory-reserve", memory_reserve_,
                  "Of each device's free memory, left to others: bytes, 512MiB, or 5%")
      ->capture_default_str()
      ->type_name("SIZE")
      ->group(how);
  command
      .add_option(
          "--engine", run.engine,
          "What runs the graph: auto (by model and devices), openvino, paddle, onnxruntime, simulated, or "
          "a Python class as package.module:Class")
      ->capture_default_str()
      ->type_name("NAME")
      ->group(how);
  add_engine_words(command, run, engine_options_, how);
  command.add_option("--item-timeout", run.item_timeout_s, "A worker silent for so long is replaced")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str()
      ->type_name("SECONDS")
      ->group(how);
  command
      .add_option("--max-failures", run.max_failures,
                  "End the run once more pictures have failed; the same command goes on")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 40U))
      ->type_name("N")
      ->group(how);
  command
      .add_option("--max-pixels", run.limits.max_pixels,
                  "Larger pictures are refused before they are decoded")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32U))
      ->capture_default_str()
      ->type_name("N")
      ->group(how);
  command
      .add_option("--max-file-bytes", run.limits.max_file_bytes,
                  "Larger files are refused before they are read")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40U))
      ->capture_default_str()
      ->type_name("N")
      ->group(how);

  command.add_flag("--json", options.json, "One JSON event a line on standard output");
  command.add_flag("--quiet", options.quiet, "Only errors and failures");
}

// What a layout implies, unless it was asked for otherwise.
Status RunOptionWords::take_layout(RunOptions& run) const {
  if (run.layout == Layout::segfleet) return {};
  const bool infer = run.layout == Layout::infer;
  if (infer && size_option_->count() > 0 && run.output_size == OutputSize::original)
    return Error{
        ErrorCode::invalid_argument,
        "--layout infer writes masks of the network's size: leave --size out, or use --layout predict"};
  if (outputs_option_->count() == 0) {
    run.write_overlay = !infer;
  } else if (!run.write_mask || run.write_confidence || run.write_overlay == infer) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("--layout {} writes {}: leave --outputs out, or use --layout segfleet",
                             infer ? "infer" : "predict", infer ? "masks alone" : "mask and overlay")};
  }
  return {};
}

Status RunOptionWords::take_memory(RunOptions& run) const {
  run.batch = batch_ == "auto" ? kAutoBatch : std::stoi(batch_);
  if (!memory_limit_.empty()) {
    const Result<MemoryAmount> limit = parse_memory_amount(memory_limit_);
    if (!limit.ok()) return Error{limit.error().code, "--memory-limit: " + limit.error().message};
    run.memory_limit = *limit;
  }
  const Result<MemoryAmount> reserve = parse_memory_amount(memory_reserve_);
  if (!reserve.ok()) return Error{reserve.error().code, "--memory-reserve: " + reserve.error().message};
  run.memory_reserve = *reserve;
  return {};
}

Status RunOptionWords::finish(RunCommandOptions& options) const {
  RunOptions& run = options.run;
  const auto wants = [&](std::string_view word) {
    return std::find(outputs_.begin(), outputs_.end(), word) != outputs_.end();
  };
  run.write_mask = wants("mask");
  run.write_overlay = wants("overlay");
  run.write_confidence = wants("confidence");
  run.argmax_first = paddleseg_version_ == "2.1";
  SEGFLEET_RETURN_IF_ERROR(take_layout(run));
  SEGFLEET_RETURN_IF_ERROR(take_memory(run));
  if (restart_) run.resume = ResumeMode::restart;
  if (resume_) run.resume = ResumeMode::resume;
  return take_key_values("--engine-option", engine_options_, run.engine_options);
}

}  // namespace segfleet
