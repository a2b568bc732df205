// SPDX-License-Identifier: Apache-2.0
#include "cli/tune_display.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/byte_size.h"
#include "cli/json_text.h"
#include "report/terminal_display.h"
#include "report/text.h"

namespace segfleet {
namespace {

using Json = nlohmann::ordered_json;

void print_event(std::FILE* out, const Json& event) {
  put(out, event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json to_json(const Candidate& candidate) {
  return {{"engine", candidate.engine},   {"precision", name_of(candidate.precision)},
          {"devices", candidate.devices}, {"workers_per_device", candidate.workers_per_device},
          {"lanes", candidate.lanes},     {"threads", candidate.threads},
          {"batch", candidate.batch},     {"engine_options", candidate.engine_options}};
}

Json to_json(std::string_view event, const TrialNews& news) {
  return {{"event", event},
          {"number", news.number},
          {"round", news.round},
          {"left", news.turns_left},
          {"elapsed_s", news.elapsed_s},
          {"budget_s", news.budget_s},
          {"plan", to_json(news.candidate)}};
}

Json to_json(const Measured& row) {
  return {{"plan", to_json(row.candidate)},
          {"images_per_s", row.images_per_s},
          {"trials", row.trials},
          {"peak_memory_bytes", row.peak_memory_bytes},
          {"peak_device_memory_bytes",
           row.peak_device_memory_bytes > 0 ? Json(row.peak_device_memory_bytes) : Json(nullptr)},
          {"agreement", row.agreement ? Json(*row.agreement) : Json(nullptr)},
          {"problem", text_or_null(row.problem)}};
}

std::string figure_of(const TrialNews& news) {
  return news.problem.empty() ? rate_text(news.images_per_s) + " images/s" : news.problem;
}

// Never "100.00 %" where a pixel differs.
std::string agreement_text(const Measured& row) {
  if (!row.agreement) return "-";
  if (*row.agreement >= 1) return "100 %";
  return fmt::format("{:.2f} %", std::min(*row.agreement * 100, 99.99));
}

}  // namespace

void TuneLines::print(const std::string& line) {
  put(out_, (terminal_ ? "\r\x1b[K" : "") + printable(line) + "\n");
}

void TuneLines::planned(const std::vector<Candidate>& candidates, std::size_t sample, std::size_t of) {
  print(fmt::format("{} combinations on {} of {} images", candidates.size(), sample, of));
}

void TuneLines::trial_started(const TrialNews& news) {
  if (!terminal_) return;
  // What is tried comes last: where the terminal is narrow, its end is cut.
  const std::string line = fmt::format("{} of {}  round {}, {} to go{}: {}", duration_text(news.elapsed_s),
                                       duration_text(news.budget_s), news.round + 1, news.turns_left, best_,
                                       describe(news.candidate));
  put(out_, "\r\x1b[K" + fit(line, size_of(out_).columns - 1));
}

void TuneLines::trial_ended(const TrialNews& news) {
  if (news.images_per_s > best_images_per_s_) {
    best_images_per_s_ = news.images_per_s;
    best_ = fmt::format(", best {} images/s", rate_text(news.images_per_s));
  }
  if (terminal_) return;
  print(fmt::format("{} round {}: {}: {}", duration_text(news.elapsed_s), news.round + 1,
                    describe(news.candidate), figure_of(news)));
}

void TuneLines::note(const std::string& text) {
  print("note: " + text);
}

void TuneLines::end() {
  if (terminal_) put(out_, "\r\x1b[K");
}

void TuneEvents::planned(const std::vector<Candidate>& candidates, std::size_t sample, std::size_t of) {
  Json plans = Json::array();
  for (const Candidate& candidate : candidates) plans.push_back(to_json(candidate));
  print_event(out_, {{"event", "tuning"}, {"sample", sample}, {"of", of}, {"plans", plans}});
}

void TuneEvents::trial_started(const TrialNews& news) {
  print_event(out_, to_json("trial_started", news));
}

void TuneEvents::trial_ended(const TrialNews& news) {
  Json event = to_json("trial", news);
  event["images_per_s"] = news.images_per_s > 0 ? Json(news.images_per_s) : Json(nullptr);
  event["problem"] = text_or_null(news.problem);
  print_event(out_, event);
}

void TuneEvents::note(const std::string& text) {
  print_event(out_, {{"event", "note"}, {"text", text}});
}

void TuneEvents::ended(const TuneResult& result, const std::string& plan) {
  Json rows = Json::array();
  for (const Measured& row : result.plan.measured) rows.push_back(to_json(row));
  print_event(out_, {{"event", "tuned"},
                     {"exit_status", 0},
                     {"output", plan},
                     {"elapsed_s", result.elapsed_s},
                     {"trials", result.trials},
                     {"recommended", to_json(result.plan.measured[result.recommended])},
                     {"limit", result.plan.limit},
                     {"measured", rows}});
}

void TuneEvents::failed(const Error& error, int exit_status) {
  print_event(out_, {{"event", "error"},
                     {"exit_status", exit_status},
                     {"error", {{"code", name_of(error.code)}, {"message", error.message}}}});
}

std::string table_text(const TuneResult& result) {
  const std::vector<Measured>& rows = result.plan.measured;
  const auto measured_on_device = [](const Measured& row) { return row.peak_device_memory_bytes > 0; };
  const bool with_device = std::ranges::any_of(rows, measured_on_device);
  const auto device_cell = [&](const std::string& text) {
    return with_device ? fmt::format("{:>9}  ", text) : "";
  };
  std::string text = fmt::format("  {:>9}  {:>9}  {}{:>9}  {}\n", "images/s", "memory",
                                 device_cell("on device"), "agreement", "plan");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Measured& row = rows[i];
    text += fmt::format("{} {:>9}  {:>9}  {}{:>9}  {}{}{}\n", i == result.recommended ? '*' : ' ',
                        row.images_per_s > 0 ? rate_text(row.images_per_s) : "-",
                        bytes_text(row.peak_memory_bytes),
                        device_cell(measured_on_device(row) ? bytes_text(row.peak_device_memory_bytes) : "-"),
                        agreement_text(row), describe(row.candidate), row.problem.empty() ? "" : ": ",
                        printable(row.problem));
  }
  return text;
}

}  // namespace segfleet
