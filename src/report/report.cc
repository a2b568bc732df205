// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "fleet/output/identity.h"
#include "io/sink/durable_writer.h"
#include "report/facts/collect_facts.h"
#include "report/page/page.h"
#include "report/trace/run_trace.h"

namespace segfleet {
namespace {

// A rename would put the file in the place of the device or the pipe that has the name.
Status check_target(std::string_view option, const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) return {};
  return Error{ErrorCode::invalid_argument,
               fmt::format("{} {} is no regular file: name one, or a new one", option, path.native())};
}

Status write_page(const std::string& page, const std::filesystem::path& path) {
  const std::array files{FileToWrite{path, std::as_bytes(std::span(page))}};
  std::vector<Status> statuses;
  DurableWriter().commit(files, statuses);
  return statuses[0];
}

}  // namespace

Result<Report> write_report(const ReportOptions& options) {
  Report report;
  report.html = options.html.empty() ? options.output / "report.html" : options.html;
  report.trace = options.trace;
  SEGFLEET_RETURN_IF_ERROR(check_target("--html", report.html));
  SEGFLEET_RETURN_IF_ERROR(check_target("--trace", report.trace));
  const Result<LedgerReader> ledger = LedgerReader::open(OutputLayout(options.output).ledger());
  SEGFLEET_RETURN_IF_ERROR(ledger);
  const Result<RunRecord> run = find_run(*ledger, options.run);
  SEGFLEET_RETURN_IF_ERROR(run);
  Result<RunFacts> facts = collect_facts(*ledger, *run);
  SEGFLEET_RETURN_IF_ERROR(facts);
  report.facts = std::move(*facts);
  const Result<std::vector<ItemRecord>> samples = ledger->spread(run->id, kThumbnails);
  SEGFLEET_RETURN_IF_ERROR(samples);
  const OutputLayout layout(options.output, layout_of(report.facts.identity));
  const Thumbnails thumbnails = make_thumbnails(*samples, layout);
  if (!report.trace.empty()) SEGFLEET_RETURN_IF_ERROR(write_trace(*ledger, run->id, report.trace));
  SEGFLEET_RETURN_IF_ERROR(
      write_page(page_html(report.facts, thumbnails, options.output.native()), report.html));
  return report;
}

}  // namespace segfleet
