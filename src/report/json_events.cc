// SPDX-License-Identifier: Apache-2.0
#include "report/json_events.h"

#include <nlohmann/json.hpp>

#include "report/text.h"

namespace segfleet {
namespace {

using Json = nlohmann::ordered_json;

void print(std::FILE* out, const Json& event) {
  put(out, event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json to_json(const DeviceProgress& device) {
  return {{"device", device.device},
          {"device_name", device.device_name},
          {"state", device.state},
          {"workers", device.workers},
          {"done", device.done},
          {"images_per_s", device.items_per_s},
          {"busy_share", device.busy_share},
          {"peak_rss_bytes", device.peak_rss_bytes}};
}

Json to_json(std::string_view event, const Progress& progress) {
  Json json = {{"event", event},
               {"total", progress.total},
               {"skipped", progress.skipped},
               {"done", progress.done},
               {"failed", progress.failed},
               {"elapsed_s", progress.elapsed_s},
               {"images_per_s", progress.items_per_s},
               {"eta_s", progress.eta_s < 0 ? Json(nullptr) : Json(progress.eta_s)},
               {"devices", Json::array()}};
  for (const DeviceProgress& device : progress.devices) json["devices"].push_back(to_json(device));
  return json;
}

Json to_json(const Error& error) {
  return {{"code", name_of(error.code)}, {"message", error.message}};
}

}  // namespace

void JsonEvents::started(const Progress& progress) {
  print(out_, to_json("started", progress));
}

void JsonEvents::progress(const Progress& progress) {
  print(out_, to_json("progress", progress));
}

void JsonEvents::item(const ItemEvent& event) {
  Json json = {{"event", "item"},    {"input", event.input},   {"stem", event.stem},
               {"done", event.done}, {"device", event.device}, {"attempts", event.attempts}};
  if (!event.done) {
    json["stage"] = event.stage;
    json["error"] = to_json(event.error);
  }
  print(out_, json);
}

void JsonEvents::note(const std::string& text) {
  print(out_, {{"event", "note"}, {"text", text}});
}

void JsonEvents::worker_died(const std::string& device, const std::string& how) {
  print(out_, {{"event", "worker_died"}, {"device", device}, {"how", how}});
}

void JsonEvents::ended(const RunSummary& summary, int exit_status) {
  Json json = to_json("ended", summary.progress);
  json["exit_status"] = exit_status;
  json["interrupted"] = summary.interrupted;
  json["wall_s"] = summary.wall_s;
  json["first_mask_s"] = summary.first_mask_s < 0 ? Json(nullptr) : Json(summary.first_mask_s);
  json["engine_load_s"] = summary.engine_load_s;
  json["coordinator_cpu_s"] = summary.coordinator_cpu_s;
  json["coordinator_peak_rss_bytes"] = summary.coordinator_peak_rss_bytes;
  json["model_fingerprint"] = summary.model_fingerprint;
  print(out_, json);
}

void JsonEvents::failed(const Error& error, int exit_status) {
  print(out_, {{"event", "error"}, {"exit_status", exit_status}, {"error", to_json(error)}});
}

}  // namespace segfleet
