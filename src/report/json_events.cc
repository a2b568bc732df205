// SPDX-License-Identifier: Apache-2.0
#include "report/json_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "fleet/control/progress_json.h"
#include "fleet/ledger/decode_effect.h"
#include "report/text.h"

namespace segfleet {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print(std::FILE* out, const Json& event) {
  put(out, text_of(event) + "\n");
}

bool stands_for_itself(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

void append_text(std::string& line, std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), stands_for_itself)) {
    line += text_of(text);
    return;
  }
  line += '"';
  line += text;
  line += '"';
}

Json to_json(std::string_view event, const Progress& progress) {
  Json json = {{"event", event}};
  json.update(progress_as_json(progress));
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

// By far the most frequent event: without a JSON tree, and without a system call of its own where it tells of
// no failure.
void JsonEvents::item(const ItemEvent& event) {
  line_ = R"({"event":"item","input":)";
  append_text(line_, event.input);
  line_ += R"(,"stem":)";
  append_text(line_, event.stem);
  line_ += event.done ? R"(,"done":true,"device":)" : R"(,"done":false,"device":)";
  append_text(line_, event.device);
  fmt::format_to(std::back_inserter(line_), R"(,"attempts":{})", event.attempts);
  if (!event.done) {
    line_ += R"(,"stage":)";
    append_text(line_, event.stage);
    line_ += R"(,"error":)" + text_of(to_json(event.error));
  }
  line_ += "}\n";
  std::fwrite(line_.data(), 1, line_.size(), out_);
  if (!event.done) std::fflush(out_);
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
  json["fast_decode"] = as_json(kFastDecode, summary.fast_decode);
  json["nvjpeg"] = as_json(kNvjpegDecode, summary.nvjpeg);
  print(out_, json);
}

void JsonEvents::failed(const Error& error, int exit_status) {
  print(out_, {{"event", "error"}, {"exit_status", exit_status}, {"error", to_json(error)}});
}

}  // namespace segfleet
