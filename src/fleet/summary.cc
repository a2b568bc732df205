// SPDX-License-Identifier: Apache-2.0
#include "fleet/summary.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/utc_time.h"
#include "fleet/exit_status.h"
#include "fleet/ledger/decode_effect.h"
#include "io/sink/durable_writer.h"

namespace segfleet {
namespace {

using Json = nlohmann::ordered_json;

// Names that are no UTF-8 are shown with U+FFFD: the ledger has them exactly.
std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// Bytes, or a share as text: "80%".
Json memory_as_json(const MemoryAmount& amount) {
  return amount.share > 0 ? Json(fmt::format("{:g}%", amount.share * 100)) : Json(amount.bytes);
}

Json options_as_json(const RunOptions& options) {
  Json inputs = options.inputs;
  Json outputs = Json::array();
  if (options.write_mask) outputs.push_back("mask");
  if (options.write_overlay) outputs.push_back("overlay");
  if (options.write_confidence) outputs.push_back("confidence");
  return {{"model", options.model.string()},
          {"inputs", inputs},
          {"output", options.output.string()},
          {"outputs", outputs},
          {"size", options.output_size == OutputSize::original ? "original" : "network"},
          {"restore", options.restore == RestoreFrom::labels ? "labels" : "logits"},
          {"min_confidence", options.min_confidence},
          {"unknown_class", options.unknown_class},
          {"threshold", options.threshold ? Json(*options.threshold) : Json()},
          {"multi_label", options.multi_label},
          {"layout", std::string(name_of(options.layout))},
          {"argmax_first", options.argmax_first},
          {"fast_decode", options.fast_decode},
          {"decode", options.decode == Decoder::cpu ? "cpu" : "nvjpeg"},
          {"names", options.names == NameStyle::stem ? "stem" : "full"},
          {"precision", std::string(name_of(options.precision))},
          {"sticky_resize_by_short", options.sticky_resize_by_short},
          {"engine", options.engine},
          {"engine_options", options.engine_options},
          {"devices", options.devices},
          {"workers_per_device", options.workers_per_device},
          {"lanes", options.lanes},
          {"threads", options.threads},
          {"batch", options.batch == kAutoBatch ? Json("auto") : Json(options.batch)},
          {"memory_limit", options.memory_limit ? memory_as_json(*options.memory_limit) : Json()},
          {"memory_reserve", memory_as_json(options.memory_reserve)},
          {"item_timeout_s", options.item_timeout_s},
          {"max_failures", options.max_failures ? Json(*options.max_failures) : Json()}};
}

Json items_as_json(const Progress& progress) {
  const std::uint64_t settled = progress.skipped + progress.done + progress.failed;
  return {{"total", progress.total},
          {"skipped", progress.skipped},
          {"done", progress.done},
          {"failed", progress.failed},
          {"pending", progress.total > settled ? progress.total - settled : 0}};
}

Json failures_as_json(const RunStatistics& statistics) {
  Json list = Json::array();
  for (const auto& [code, failures] : statistics.failures()) {
    Json examples = Json::array();
    for (const auto& example : failures.examples)
      examples.push_back({{"input", example.input}, {"message", example.message}});
    list.push_back({{"code", std::string(name_of(code))}, {"count", failures.count}, {"examples", examples}});
  }
  return list;
}

// Null where the device's memory is not measured.
Json measured(const DeviceProgress& device, std::uint64_t bytes) {
  return device.memory_total_bytes == 0 ? Json(nullptr) : Json(bytes);
}

Json devices_as_json(const Progress& progress) {
  Json list = Json::array();
  for (const DeviceProgress& device : progress.devices)
    list.push_back({{"device", device.device},
                    {"name", device.device_name},
                    {"state", device.state},
                    {"done", device.done},
                    {"items_per_s", device.items_per_s},
                    {"busy_share", device.busy_share},
                    {"peak_rss_bytes", device.peak_rss_bytes},
                    {"batch", device.batch},
                    {"memory_used_bytes", measured(device, device.memory_used_bytes)},
                    {"memory_total_bytes", measured(device, device.memory_total_bytes)}});
  return list;
}

Json stages_as_json(const RunSummary& summary) {
  Json stages = Json::object();
  for (const auto& [stage, mean_ms] : summary.stage_mean_ms) stages[stage] = mean_ms;
  return stages;
}

Json times_as_json(const RunSummary& summary) {
  return {{"wall_s", summary.wall_s},
          {"first_mask_s", summary.first_mask_s < 0 ? Json(nullptr) : Json(summary.first_mask_s)},
          {"engine_load_s", summary.engine_load_s},
          {"coordinator_cpu_s", summary.coordinator_cpu_s}};
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json as_json(const SummaryFacts& facts) {
  const RunSummary& summary = facts.summary;
  Json json;
  json["segfleet_version"] = SEGFLEET_VERSION;
  json["finished_at"] = utc_text(std::chrono::system_clock::now());
  json["exit_status"] = facts.error ? exit_status_of(*facts.error) : exit_status_of(summary);
  json["error"] = nullptr;
  if (facts.error)
    json["error"] = {{"code", std::string(name_of(facts.error->code))}, {"message", facts.error->message}};
  json["interrupted"] = summary.interrupted;
  json["items"] = items_as_json(summary.progress);
  json["items_per_s"] = summary.progress.items_per_s;
  json["times"] = times_as_json(summary);
  json["stage_mean_ms"] = stages_as_json(summary);
  json["input_bytes"] = facts.statistics.input_bytes();
  json["output_bytes"] = facts.statistics.output_bytes();
  json["coordinator_peak_rss_bytes"] = summary.coordinator_peak_rss_bytes;
  json["fast_decode"] = as_json(kFastDecode, summary.fast_decode);
  json["nvjpeg"] = as_json(kNvjpegDecode, summary.nvjpeg);
  json["devices"] = devices_as_json(summary.progress);
  json["failures"] = failures_as_json(facts.statistics);
  json["model"] = {{"folder", facts.model.folder.string()}, {"fingerprint", facts.model.fingerprint}};
  json["engine"] = {{"name", facts.use.engine},
                    {"version", facts.engine_version},
                    {"reason", text_or_null(facts.use.reason)},
                    {"converted_model", text_or_null(facts.use.converted.string())}};
  json["options"] = options_as_json(facts.options);
  return json;
}

}  // namespace

std::string options_json(const RunOptions& options) {
  return dump(options_as_json(options), -1);
}

Status write_summary(const SummaryFacts& facts, const OutputLayout& layout) {
  const std::string text = dump(as_json(facts), 2) + "\n";
  const std::array files{FileToWrite{layout.summary(), std::as_bytes(std::span(text))}};
  std::vector<Status> statuses;
  DurableWriter().commit(files, statuses);
  return statuses[0];
}

}  // namespace segfleet
