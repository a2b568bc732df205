// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/output_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_error.h"
#include "base/file.h"
#include "fleet/output/identity.h"
#include "fleet/output/leftovers.h"

namespace segfleet {
namespace {

Status make_writable_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return errno_error(error.value(), fmt::format("cannot make the output folder {}", folder.native()));
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return errno_error(errno, fmt::format("cannot write into the output folder {}", folder.native()));
  return {};
}

Status make_folders(const RunOptions& options, const OutputLayout& layout) {
  SEGFLEET_RETURN_IF_ERROR(make_writable_folder(options.output));
  if (options.write_mask) SEGFLEET_RETURN_IF_ERROR(make_writable_folder(layout.masks()));
  if (options.write_overlay) SEGFLEET_RETURN_IF_ERROR(make_writable_folder(layout.overlays()));
  if (options.write_confidence) SEGFLEET_RETURN_IF_ERROR(make_writable_folder(layout.confidences()));
  return {};
}

// What cannot be read is set aside, not removed: it may be somebody's.
Result<Ledger> open_anew(const std::filesystem::path& path, const Error& why, RunObserver& observer) {
  const std::filesystem::path aside = path.native() + ".set-aside";
  SEGFLEET_RETURN_IF_ERROR(rename_file(path, aside));
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((path.native() + suffix).c_str());
  observer.note(fmt::format("the ledger could not be used and is now {}: {}", aside.native(), why.message));
  return Ledger::open(path);
}

// Files first: a kill in between leaves rows without files, which the next run computes again.
Status forget(Ledger& ledger, const OutputLayout& now) {
  const Result<std::optional<JobIdentity>> identity = ledger.identity();
  SEGFLEET_RETURN_IF_ERROR(identity);
  // The earlier job may have had another layout.
  const OutputLayout layout(now.root(), identity->has_value() ? layout_of(**identity) : now.layout());
  SEGFLEET_RETURN_IF_ERROR(ledger.for_each_item([&](const std::string& stem, const std::string& input) {
    ::unlink(layout.mask(stem).c_str());
    ::unlink(layout.overlay(stem, input).c_str());
    ::unlink(layout.confidence(stem).c_str());
  }));
  ::unlink(layout.summary().c_str());
  return ledger.forget_everything();
}

Status check_job(Ledger& ledger, const JobIdentity& identity, const std::filesystem::path& output) {
  const Result<std::optional<JobIdentity>> earlier = ledger.identity();
  SEGFLEET_RETURN_IF_ERROR(earlier);
  const Result<LedgerCounts> counts = ledger.counts();
  SEGFLEET_RETURN_IF_ERROR(counts);
  // Without a result there is nothing to mix: a run that was refused for an option must not bind the next.
  if (earlier->has_value() && counts->done > 0) return check_identity(**earlier, identity, output);
  return ledger.set_identity(identity);
}

}  // namespace

Result<OutputFolder> OutputFolder::open(const RunOptions& options, const JobIdentity& identity,
                                        RunObserver& observer) {
  const OutputLayout layout(options.output, options.layout);
  std::error_code ignored;
  if (options.resume == ResumeMode::resume && !std::filesystem::exists(layout.ledger(), ignored))
    return Error{ErrorCode::not_found,
                 fmt::format("there is nothing to resume: {} does not exist; leave --resume out to "
                             "start",
                             layout.ledger().native())};
  SEGFLEET_RETURN_IF_ERROR(make_folders(options, layout));
  Result<OutputLock> lock = OutputLock::take(layout.lock());
  SEGFLEET_RETURN_IF_ERROR(lock);
  SEGFLEET_RETURN_IF_ERROR(remove_leftovers(layout));
  const bool restart = options.resume == ResumeMode::restart;
  Result<Ledger> ledger = Ledger::open(layout.ledger());
  if (!ledger.ok() && restart && ledger.error().code == ErrorCode::ledger_error)
    ledger = open_anew(layout.ledger(), ledger.error(), observer);
  SEGFLEET_RETURN_IF_ERROR(ledger);
  if (restart) SEGFLEET_RETURN_IF_ERROR(forget(*ledger, layout));
  SEGFLEET_RETURN_IF_ERROR(check_job(*ledger, identity, options.output));
  return OutputFolder{layout, std::move(lock).value(), std::move(ledger).value()};
}

}  // namespace segfleet
