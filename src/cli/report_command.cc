// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "cli/answer_command.h"
#include "cli/command.h"
#include "fleet/ledger/decode_effect.h"
#include "report/page/page_json.h"
#include "report/report.h"
#include "report/text.h"

namespace segfleet {
namespace {

// "latest", or a number that is 1 or more.
std::string run_problem(const std::string& word) {
  std::int64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  const bool is_number = error == std::errc() && stop == end && number > 0;
  return is_number || word == "latest" ? "" : word + " is neither a run's number nor latest";
}

void print_report(const Report& report) {
  const RunFacts& facts = report.facts;
  print("run {}: {} done, {} failed\n", facts.run.id, facts.done, facts.failed);
  print("{}\n", facts.limit);
  if (!facts.advice.empty()) print("{}\n", facts.advice);
  const auto done = static_cast<std::uint64_t>(facts.done);
  if (facts.fast_decode) print("{}\n", printable(fast_decode_sentence(*facts.fast_decode, done)));
  if (facts.nvjpeg) print("{}\n", printable(nvjpeg_sentence(*facts.nvjpeg, done)));
  print("page:  {}\n", report.html.string());
  if (!report.trace.empty()) print("trace: {} (open it at ui.perfetto.dev)\n", report.trace.string());
}

nlohmann::ordered_json report_json(const Report& report) {
  nlohmann::ordered_json json = facts_json(report.facts);
  json["html"] = report.html.string();
  json["trace"] =
      report.trace.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(report.trace.string());
  return json;
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("report", "Write a page that shows how a run went");
  auto options = std::make_shared<ReportOptions>();
  auto run = std::make_shared<std::string>("latest");
  command->add_option("output", options->output, "The --output of a run, also of one that is busy")
      ->required()
      ->type_name("OUTPUT");
  command->add_option("--run", *run, "Which of the folder's runs: its number, or latest")
      ->check(CLI::Validator(run_problem, ""))
      ->capture_default_str()
      ->type_name("N|latest");
  command->add_option("--html", options->html, "The page; default report.html in OUTPUT")->type_name("FILE");
  command->add_option("--trace", options->trace, "Also a trace, for Perfetto or chrome://tracing")
      ->type_name("FILE");
  const auto ask = [options, run] {
    if (*run != "latest") options->run = std::stoll(*run);
    return write_report(*options);
  };
  answer(*command, exit_status, ask, print_report, report_json);
}

}  // namespace segfleet
