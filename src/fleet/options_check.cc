// SPDX-License-Identifier: Apache-2.0
#include "fleet/options_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cmath>
#include <string_view>
#include <vector>

#include "engine/python_engines.h"
#include "imaging/preprocess/geometry.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kLeastArenaBytes = 1ULL << 20U;
constexpr std::uint64_t kMostArenaBytes = 1ULL << 40U;
constexpr int kMostLanes = 64;
constexpr int kMostThreads = 1024;

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

Status check_engine_name(const std::string& name) {
  if (is_python_engine(name)) return {};
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
    return invalid(
        fmt::format("--engine \"{}\" is no engine's name: use lower-case letters, such as openvino", name));
  return {};
}

Status check_sticky(const RunOptions& options) {
  if (!options.sticky_resize_by_short) return {};
  const bool nvjpeg = options.decode == Decoder::nvjpeg;
  if (options.fast_decode || nvjpeg)
    return invalid(
        fmt::format("--sticky-resize-by-short is for PaddleSeg's own results and {} changes them: leave one "
                    "of them out",
                    nvjpeg ? "--decode nvjpeg" : "--fast-decode"));
  if (options.lanes > 1)
    return invalid(fmt::format(
        "--sticky-resize-by-short depends on the order of the pictures: it needs --lanes 1, not {}",
        options.lanes));
  if (options.workers_per_device == 1 && options.batch == 1) return {};
  return invalid(fmt::format(
      "--sticky-resize-by-short depends on the order of the pictures: it needs "
      "--workers-per-device 1 and --batch 1, not {} and {}",
      options.workers_per_device, options.batch == kAutoBatch ? "auto" : std::to_string(options.batch)));
}

Status check_restore_options(const ComputeOptions& options) {
  if (!(options.min_confidence >= 0 && options.min_confidence <= 1))
    return invalid(fmt::format("--min-confidence {} is not between 0 and 1", options.min_confidence));
  if (options.unknown_class < 0 || options.unknown_class > 255)
    return invalid(fmt::format("--unknown-class {} is not between 0 and 255", options.unknown_class));
  if (options.threshold && !(*options.threshold > 0 && *options.threshold < 1))
    return invalid(fmt::format("--threshold {} is not between 0 and 1, both excluded", *options.threshold));
  if (options.multi_label && options.min_confidence > 0)
    return invalid(
        "--multi-label gives a pixel several labels: there is no one confidence for --min-confidence");
  return {};
}

Status check_argmax_first(const ComputeOptions& options) {
  if (!options.argmax_first) return {};
  if (options.restore == RestoreFrom::logits || options.min_confidence > 0 || options.threshold ||
      options.multi_label)
    return invalid(
        "--paddleseg-version 2.1 takes the labels before they are enlarged: it cannot be had together with "
        "--restore logits, --min-confidence, --threshold or --multi-label");
  return {};
}

// After with_layout().
Status check_layout(const RunOptions& options) {
  if (options.argmax_first && options.write_confidence)
    return invalid(
        "--paddleseg-version 2.1 takes the labels before they are enlarged: there is no confidence");
  if (options.multi_label && (options.write_overlay || options.write_confidence))
    return invalid(
        "--multi-label writes masks alone: a pixel of several classes has no one colour or confidence");
  if (options.fast_decode && options.write_overlay)
    return invalid(
        "--fast-decode does not decode pictures in full and an overlay needs them so: leave it out, or write "
        "no "
        "overlays");
  if (options.layout == Layout::segfleet) return {};
  const bool infer = options.layout == Layout::infer;
  if (!options.write_mask || options.write_confidence || options.write_overlay == infer)
    return invalid(fmt::format("--layout {} writes {}: leave --outputs out, or use --layout segfleet",
                               infer ? "infer" : "predict", infer ? "masks alone" : "mask and overlay"));
  if (options.output_size != (infer ? OutputSize::network : OutputSize::original))
    return invalid("--layout predict writes masks of the picture's size: leave --size out");
  if (options.names == NameStyle::full)
    return invalid(fmt::format("--layout {} has PaddleSeg's own names: leave --names full out",
                               infer ? "infer" : "predict"));
  return {};
}

Status check_memory(const ComputeOptions& options) {
  const auto sound = [](const MemoryAmount& amount) { return amount.share >= 0 && amount.share <= 1; };
  if (options.memory_limit && (!sound(*options.memory_limit) ||
                               (options.memory_limit->bytes == 0 && options.memory_limit->share == 0)))
    return invalid(
        "--memory-limit must be more than 0 and at most 100%: give bytes, an amount such as 4GiB, or a share "
        "such as 80%");
  if (!sound(options.memory_reserve) || options.memory_reserve.share == 1)
    return invalid(
        "--memory-reserve must be less than 100%: give an amount such as 512MiB, or a share such as 5%");
  return {};
}

Status check_decoder(const ComputeOptions& options) {
  if (!options.fast_decode || options.decode == Decoder::cpu) return {};
  return invalid(
      "--fast-decode leaves out detail that nvJPEG would decode: leave it out, or use --decode cpu");
}

Status check_compute_options(const ComputeOptions& options) {
  if (options.model.empty())
    return invalid("--model is missing: name the folder that PaddleSeg's export wrote");
  if (options.workers_per_device < 1 || options.workers_per_device > 64)
    return invalid(
        fmt::format("--workers-per-device {} is not between 1 and 64", options.workers_per_device));
  if (options.lanes < 0 || options.lanes > kMostLanes)
    return invalid(fmt::format("--lanes {} is not between 1 and {}", options.lanes, kMostLanes));
  if (options.threads < 0 || options.threads > kMostThreads)
    return invalid(fmt::format("--threads {} is not between 1 and {}", options.threads, kMostThreads));
  if (options.batch != kAutoBatch && (options.batch < 1 || options.batch > 1024))
    return invalid(fmt::format("--batch {} is neither auto nor between 1 and 1024", options.batch));
  SEGFLEET_RETURN_IF_ERROR(check_memory(options));
  if (!std::isfinite(options.item_timeout_s) || options.item_timeout_s <= 0 || options.item_timeout_s > 1e6)
    return invalid(fmt::format("--item-timeout {} is not between 0 and 1000000 s", options.item_timeout_s));
  SEGFLEET_RETURN_IF_ERROR(check_decoder(options));
  SEGFLEET_RETURN_IF_ERROR(check_engine_name(options.engine));
  SEGFLEET_RETURN_IF_ERROR(check_argmax_first(options));
  return check_restore_options(options);
}

}  // namespace

Status check_scores(const ComputeOptions& options, std::string_view confidence, const ModelPackage& model) {
  if (model.output_op_said && model.output_op != OutputOp::argmax) return {};
  const bool cuts =
      options.engine == "auto" || options.engine == "openvino" || options.engine == "onnxruntime";
  if (!cuts && options.engine != "paddle") return {};
  std::vector<std::string_view> asked;
  if (options.threshold) asked.emplace_back("--threshold");
  if (options.min_confidence > 0) asked.emplace_back("--min-confidence");
  if (options.multi_label) asked.emplace_back("--multi-label");
  if (!confidence.empty()) asked.push_back(confidence);
  if (!model.output_op_said) {
    if (asked.empty()) return {};
    return invalid(fmt::format(
        "{}: what the network's scores mean is not said in {} (exports before PaddleSeg 2.7): write into it, "
        "under Deploy, output_op: softmax where the model was exported with a softmax, argmax where with an "
        "argmax, else none",
        fmt::join(asked, ", "), model.config_path.native()));
  }
  if (options.restore == RestoreFrom::logits) {
    if (cuts) return {};
    return invalid(fmt::format(
        "--restore logits: engine paddle cannot cut a graph before its ArgMax, and {} has one (output_op "
        "argmax): leave the option out, use --engine openvino or onnxruntime, or export the model with "
        "--output_op none",
        model.config_path.native()));
  }
  if (asked.empty()) return {};
  return invalid(fmt::format(
      "{}: the network's scores are needed, and {} gives labels only (output_op argmax): "
      "{}export the model with --output_op softmax or none",
      fmt::join(asked, ", "), model.config_path.native(), cuts ? "add --restore logits, or " : ""));
}

Status check_fast_decode(const ComputeOptions& options, const ModelPackage& model) {
  if (!options.fast_decode) return {};
  SEGFLEET_RETURN_IF_ERROR(check_decoder(options));
  const std::vector<Transform>& transforms = model.transforms;
  if (!transforms.empty() && resamples(transforms.front())) return {};
  return invalid(
      fmt::format("--fast-decode needs a model whose transforms begin with a resize, and those of {} begin "
                  "with {}: leave "
                  "it out",
                  model.config_path.native(), transforms.empty() ? "none" : describe(transforms.front())));
}

RunOptions with_layout(RunOptions options) {
  if (options.layout == Layout::infer) options.output_size = OutputSize::network;
  if (options.layout == Layout::predict) options.write_overlay = true;
  return options;
}

Status check_options(const RunOptions& options) {
  SEGFLEET_RETURN_IF_ERROR(check_compute_options(options));
  if (options.inputs.empty())
    return invalid("--input is missing: name pictures, folders, globs or an @list file");
  if (options.output.empty()) return invalid("--output is missing: name the folder for the masks");
  if (!options.write_mask && !options.write_overlay && !options.write_confidence)
    return invalid("--outputs asks for nothing: name mask, overlay, confidence or several of them");
  SEGFLEET_RETURN_IF_ERROR(check_layout(options));
  return check_sticky(options);
}

Status check_options(const FleetOptions& options) {
  if (options.arena_bytes < kLeastArenaBytes || options.arena_bytes > kMostArenaBytes)
    return invalid(fmt::format("arena_bytes {} is not between {} and {}", options.arena_bytes,
                               kLeastArenaBytes, kMostArenaBytes));
  if (options.multi_label && options.confidence)
    return invalid("multi_label gives a pixel several labels: there is no one confidence");
  return check_compute_options(options);
}

}  // namespace segfleet
