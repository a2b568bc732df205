// SPDX-License-Identifier: Apache-2.0
#include "report/page/page_json.h"

#include <fmt/format.h>

#include <cmath>

#include "fleet/ledger/decode_effect.h"
#include "imaging/encode/encode.h"

namespace segfleet {
namespace {

using Json = nlohmann::ordered_json;

// Four digits behind the point are more than a plot shows.
double rounded(double value) {
  return std::round(value * 1e4) / 1e4;
}
double ms(double us) {
  return rounded(us / 1000);
}

template <typename Values>
Json rounded_list(const Values& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(rounded(value));
  return list;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <typename T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <typename List, typename Make>
Json list_json(const List& list, Make make) {
  Json json = Json::array();
  for (const auto& entry : list) json.push_back(make(entry));
  return json;
}

Json shares_json(const LaneShares& shares) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kLaneUses; ++i) json[std::string(kLaneUseNames[i])] = rounded(shares[i]);
  return json;
}

Json run_json(const RunRecord& run) {
  return {{"id", run.id},
          {"started_at", run.started_at},
          {"ended_at", text_or_null(run.ended_at)},
          {"status", text_or_null(run.status)},
          {"version", run.version},
          {"total", run.total},
          {"skipped", run.skipped},
          {"done", run.done},
          {"failed", run.failed}};
}

Json device_json(const DeviceFacts& device) {
  Json json = {{"device", device.device},
               {"name", text_or_null(device.device_name)},
               {"workers", device.workers},
               {"died", device.died},
               {"lanes", device.lanes},
               {"there_s", rounded(device.there_s)},
               {"done", device.done},
               {"failed", device.failed},
               {"load_s", rounded(device.load_s)},
               {"peak_rss_bytes", device.peak_rss_bytes},
               {"shares", shares_json(device.shares)},
               {"deaths_s", rounded_list(device.deaths_s)},
               {"util", value_or_null(device.util)},
               {"memory_used_bytes", value_or_null(device.memory_used_bytes)},
               {"memory_total_bytes", value_or_null(device.memory_total_bytes)},
               {"max_temperature_c", value_or_null(device.max_temperature_c)},
               {"mean_power_w", value_or_null(device.mean_power_w)},
               {"throttled_samples", device.throttled_samples},
               {"psi", value_or_null(device.psi)}};
  json["timeline"] = {{"prepare", rounded_list(device.occupancy[0])},
                      {"infer", rounded_list(device.occupancy[1])},
                      {"finish", rounded_list(device.occupancy[2])},
                      {"write", rounded_list(device.occupancy[3])}};
  for (std::size_t i = 0; i < kGaugeNames.size(); ++i)
    json["monitor"][std::string(kGaugeNames[i])] =
        device.gauges[i].empty() ? Json(nullptr) : list_json(device.gauges[i], [](double value) {
          return std::isnan(value) ? Json(nullptr) : Json(rounded(value));
        });
  return json;
}

Json stage_json(const StageFacts& stage) {
  Json json = {{"stage", name_of(stage.stage)}, {"mean_ms", ms(stage.mean_us)}};
  constexpr std::array kNames = {"p50_ms", "p95_ms", "max_ms"};
  for (std::size_t i = 0; i < kNames.size(); ++i)
    json[kNames[i]] =
        i < stage.quantiles_us.size() ? Json(ms(static_cast<double>(stage.quantiles_us[i]))) : Json(nullptr);
  return json;
}

Json slow_json(const ItemRecord& item) {
  Json stages = Json::array();
  double sum = 0;
  for (std::size_t i = 0; i < kStageCount; ++i) {
    const auto us = static_cast<double>(item.stage_us[i]);
    stages.push_back(ms(us));
    if (static_cast<Stage>(i) != Stage::queue) sum += us;
  }
  return {{"input", item.input},           {"device", item.device}, {"width", item.picture.width},
          {"height", item.picture.height}, {"ms", ms(sum)},         {"stages_ms", stages}};
}

Json failure_json(const ItemRecord& item) {
  return {{"input", item.input},
          {"code", item.code},
          {"stage", text_or_null(item.stage)},
          {"message", item.message},
          {"device", text_or_null(item.device)},
          {"attempts", item.attempts}};
}

Json class_json(const ClassCount& count) {
  const auto at = static_cast<std::size_t>(count.class_index & 255) * 3;
  const Palette& palette = paddleseg_palette();
  return {{"class", count.class_index},
          {"colour", fmt::format("#{:02x}{:02x}{:02x}", palette[at], palette[at + 1], palette[at + 2])},
          {"pixels", count.pixels},
          {"items", count.items}};
}

Json queues_json(const std::vector<QueueDepths>& queues) {
  const auto depths = [&](double QueueDepths::*queue) {
    return list_json(queues, [&](const QueueDepths& bin) {
      return bin.*queue < 0 ? Json(nullptr) : Json(rounded(bin.*queue));
    });
  };
  return {{"prepare", depths(&QueueDepths::prepare)},
          {"infer", depths(&QueueDepths::infer)},
          {"finish", depths(&QueueDepths::finish)}};
}

Json shares_over_time(const std::vector<LaneShares>& bins) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kLaneUses; ++i)
    json[std::string(kLaneUseNames[i])] =
        list_json(bins, [&](const LaneShares& shares) { return rounded(shares[i]); });
  return json;
}

}  // namespace

nlohmann::ordered_json facts_json(const RunFacts& facts) {
  Json json;
  json["run"] = run_json(facts.run);
  json["run"]["options"] = Json::parse(facts.run.options, nullptr, false);
  if (json["run"]["options"].is_discarded()) json["run"]["options"] = nullptr;
  json["runs"] = list_json(facts.all_runs, run_json);
  json["identity"] = facts.identity;
  json["has_history"] = facts.has_history;
  json["end_s"] = rounded(static_cast<double>(facts.bins.end_us) * 1e-6);
  json["bins"] = facts.bins.count;
  json["first_done_s"] = facts.first_done_s < 0 ? Json(nullptr) : Json(rounded(facts.first_done_s));
  json["done"] = facts.done;
  json["failed"] = facts.failed;
  json["pending"] = facts.pending;
  json["retried"] = facts.retried;
  json["limit"] = facts.limit;
  json["advice"] = facts.advice;
  json["shares"] = shares_json(facts.shares);
  json["shares_over_time"] = shares_over_time(facts.shares_by_bin);
  json["queues_over_time"] = queues_json(facts.queues_by_bin);
  json["done_over_time"] = facts.done_by_bin;
  json["failed_over_time"] = facts.failed_by_bin;
  json["devices"] = list_json(facts.devices, device_json);
  json["changes"] = list_json(facts.changes, [](const RunChange& change) {
    return Json{{"at_s", rounded(static_cast<double>(change.at_us) * 1e-6)},
                {"device", text_or_null(change.device)},
                {"what", change.what}};
  });
  json["stages"] = list_json(facts.stages, stage_json);
  json["slowest"] = list_json(facts.slowest, slow_json);
  json["failure_counts"] = list_json(facts.failure_counts, [](const FailureCount& count) {
    return Json{{"code", count.code}, {"items", count.items}};
  });
  json["failures"] = list_json(facts.failures, failure_json);
  json["classes"] = list_json(facts.classes, class_json);
  const auto done = static_cast<std::uint64_t>(facts.done);
  json["fast_decode"] = as_json(kFastDecode, facts.fast_decode);
  if (facts.fast_decode) json["fast_decode"]["sentence"] = fast_decode_sentence(*facts.fast_decode, done);
  json["nvjpeg"] = as_json(kNvjpegDecode, facts.nvjpeg);
  if (facts.nvjpeg) json["nvjpeg"]["sentence"] = nvjpeg_sentence(*facts.nvjpeg, done);
  return json;
}

nlohmann::ordered_json pictures_json(const Thumbnails& thumbnails) {
  Json json;
  json["pictures"] = list_json(thumbnails.pictures, [](const Thumbnail& picture) {
    return Json{{"input", picture.input},
                {"src", picture.data_uri},
                {"width", picture.size.width},
                {"height", picture.size.height}};
  });
  json["missing"] = thumbnails.missing;
  json["why_missing"] = text_or_null(thumbnails.why_missing);
  return json;
}

}  // namespace segfleet
