// SPDX-License-Identifier: Apache-2.0
// The source list against the rows of earlier runs, in one transaction.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "fleet/ledger/ledger_state.h"
#include "io/sink/output_layout.h"
#include "io/source/path_text.h"

namespace segfleet {
namespace {

constexpr std::string_view kAction = "write the ledger";
constexpr std::string_view kFind =
    "SELECT id, stem, size_bytes, mtime_ns, state, mask_bytes, overlay_bytes, confidence_bytes "
    "FROM items WHERE path = ?";

using Names = std::unordered_multimap<std::string, std::string>;  // by stem the input, whose suffix stays

bool has_size(const std::filesystem::path& path, std::int64_t size) {
  struct stat info {};
  return size > 0 && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size == size;
}

// The files that a run must find of an item to skip it.
struct NeededFiles {
  const OutputLayout& layout;
  OutputFiles files;

  // `row`: stands on a row of kFind.
  bool are_there(const Statement& row, const std::string& stem, const std::string& input) const {
    return row.text(4) == "done" && row.text(1) == stem &&
           (!files.mask || has_size(layout.mask(stem), row.integer(5))) &&
           (!files.overlay || has_size(layout.overlay(stem, input), row.integer(6))) &&
           (!files.confidence || has_size(layout.confidence(stem), row.integer(7)));
  }
};

// `row`: stands on one of kFind's whose files are not all there.
Again why_again(const OutputFiles& files, const Statement& row) {
  if (files.mask && row.integer(5) == 0) return Again::no_mask;
  if (files.overlay && row.integer(6) == 0) return Again::no_overlay;
  if (files.confidence && row.integer(7) == 0) return Again::no_confidence;
  return Again::files_gone;
}

class Reconciler {
 public:
  Reconciler(const Database& database, const NeededFiles& needed) : database_(database), needed_(needed) {}

  Status prepare() {
    const auto compile = [&](std::optional<Statement>& into, std::string_view sql) -> Status {
      Result<Statement> statement = database_.prepare(sql);
      if (!statement.ok()) return statement.error();
      into.emplace(std::move(statement).value());
      return {};
    };
    const Result<std::string> first = database_.query_text("SELECT 1 FROM items LIMIT 1");
    SEGFLEET_RETURN_IF_ERROR(first);
    empty_ = first->empty();
    SEGFLEET_RETURN_IF_ERROR(compile(find_, kFind));
    SEGFLEET_RETURN_IF_ERROR(
        compile(insert_, "INSERT INTO items(path, input, stem, size_bytes, mtime_ns) VALUES(?, ?, ?, ?, ?)"));
    return compile(renew_,
                   "UPDATE items SET stem = ?, size_bytes = ?, mtime_ns = ?, state = CASE state WHEN 'done' "
                   "THEN 'pending' ELSE state END WHERE id = ?");
  }

  Result<Ledger::Entry> bring_in_line(const SourceItem& item) {
    const std::string path = path_of_(item.input);
    if (!empty_) {
      find_->bind_path(0, path);
      const Result<bool> row = find_->step("read the ledger");
      SEGFLEET_RETURN_IF_ERROR(row);
      if (row.value()) return renew(item);
    }
    return insert(path, item);
  }
  bool anything_new() const { return anything_new_ && !empty_; }
  // Output names that rows had whose input or name is another now: what lies there belongs to no item.
  Names take_abandoned() { return std::move(abandoned_); }

 private:
  Result<Ledger::Entry> insert(const std::string& path, const SourceItem& item) {
    anything_new_ = true;
    insert_->bind_path(0, path);
    insert_->bind_path(1, item.input);
    insert_->bind_path(2, item.stem);
    insert_->bind(3, static_cast<std::int64_t>(item.size_bytes));
    insert_->bind(4, item.mtime_ns);
    SEGFLEET_RETURN_IF_ERROR(insert_->run(kAction));
    return Ledger::Entry{static_cast<ItemId>(database_.last_id()), false, Again::no};
  }

  Result<Ledger::Entry> renew(const SourceItem& item) {
    Ledger::Entry entry{static_cast<ItemId>(find_->integer(0)), false, Again::no};
    std::string stem = find_->text(1);
    const bool same = stem == item.stem && find_->integer(2) == static_cast<std::int64_t>(item.size_bytes) &&
                      find_->integer(3) == item.mtime_ns;
    const bool was_done = find_->text(4) == "done";
    entry.done = same && needed_.are_there(*find_, item.stem, item.input);
    if (was_done && !entry.done) entry.again = same ? why_again(needed_.files, *find_) : Again::changed;
    find_->reset();
    if (entry.done || (same && !was_done)) return entry;
    anything_new_ = anything_new_ || !same;
    if (!same) abandoned_.emplace(std::move(stem), item.input);
    renew_->bind_path(0, item.stem);
    renew_->bind(1, static_cast<std::int64_t>(item.size_bytes));
    renew_->bind(2, item.mtime_ns);
    renew_->bind(3, static_cast<std::int64_t>(entry.id));
    SEGFLEET_RETURN_IF_ERROR(renew_->run(kAction));
    return entry;
  }

  const Database& database_;
  const NeededFiles needed_;
  const AbsolutePaths path_of_;  // what tells an item from another, however it was named and from where
  bool empty_ = false;
  bool anything_new_ = false;
  Names abandoned_;
  std::optional<Statement> find_;
  std::optional<Statement> insert_;
  std::optional<Statement> renew_;
};

// A result of an earlier run whose input is no longer listed must not be overwritten by another input's.
Status refuse_shared_outputs(const Database& database, const SourceList& sources) {
  Result<Statement> shared = database.prepare(
      "SELECT path, stem FROM items WHERE state = 'done' AND stem IN "
      "(SELECT stem FROM items GROUP BY stem HAVING count(*) > 1)");
  SEGFLEET_RETURN_IF_ERROR(shared);
  const AbsolutePaths path_of;
  std::unordered_set<std::string> listed;
  for (;;) {
    const Result<bool> row = shared->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(row);
    if (!row.value()) return {};
    if (listed.empty())
      for (const SourceItem& item : sources.items) listed.insert(path_of(item.input));
    const std::string path = shared->text(0);
    if (listed.contains(path)) continue;
    return Error{
        ErrorCode::output_conflict,
        fmt::format("output name {} already holds the result of {}, an input of an earlier run that is not "
                    "among these; choose another --output, or --restart to forget the earlier results",
                    shared->text(1), path)};
  }
}

// A mask of the picture as it was before must not stay where the new one may fail.
Status remove_abandoned(const Database& database, Names names, const OutputLayout& layout) {
  if (names.empty()) return {};
  Result<Statement> done = database.prepare("SELECT stem FROM items WHERE state = 'done'");
  SEGFLEET_RETURN_IF_ERROR(done);
  for (;;) {
    const Result<bool> row = done->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(row);
    if (!row.value()) break;
    names.erase(done->text(0));  // they are its own
  }
  for (const auto& [stem, input] : names) {
    ::unlink(layout.mask(stem).c_str());
    ::unlink(layout.overlay(stem, input).c_str());
    ::unlink(layout.confidence(stem).c_str());
  }
  return {};
}

Result<std::vector<Ledger::Entry>> bring_all_in_line(Reconciler& reconciler,
                                                     const std::vector<SourceItem>& items) {
  SEGFLEET_RETURN_IF_ERROR(reconciler.prepare());
  std::vector<Ledger::Entry> entries;
  entries.reserve(items.size());
  for (const SourceItem& item : items) {
    const Result<Ledger::Entry> entry = reconciler.bring_in_line(item);
    SEGFLEET_RETURN_IF_ERROR(entry);
    entries.push_back(*entry);
  }
  return entries;
}

}  // namespace

Result<std::vector<Ledger::Entry>> Ledger::reconcile(const SourceList& sources,
                                                     const std::filesystem::path& output_root,
                                                     const OutputFiles& needed) {
  const OutputLayout layout(output_root, needed.layout);
  Reconciler reconciler(state_->database, {layout, needed});
  Result<Transaction> transaction = Transaction::begin(state_->database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  Result<std::vector<Entry>> entries = bring_all_in_line(reconciler, sources.items);
  SEGFLEET_RETURN_IF_ERROR(entries);
  if (reconciler.anything_new()) SEGFLEET_RETURN_IF_ERROR(refuse_shared_outputs(state_->database, sources));
  // Before the commit: a kill in between leaves rows without files, which the next run computes again.
  SEGFLEET_RETURN_IF_ERROR(remove_abandoned(state_->database, reconciler.take_abandoned(), layout));
  SEGFLEET_RETURN_IF_ERROR(transaction->commit());
  return entries;
}

Result<std::uint64_t> Ledger::take_out_done(SourceList& sources, const std::filesystem::path& output_root,
                                            const OutputFiles& files) const {
  if (sources.failures.empty()) return 0;
  const OutputLayout layout(output_root, files.layout);
  const NeededFiles needed{layout, files};
  Result<Statement> find = state_->database.prepare(kFind);
  SEGFLEET_RETURN_IF_ERROR(find);
  const AbsolutePaths path_of;
  std::vector<SourceFailure> failures;
  for (SourceFailure& failure : sources.failures) {
    const std::string path = path_of(failure.input);
    find->bind_path(0, path);
    const Result<bool> row = find->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(row);
    const bool gone = failure.error.code == ErrorCode::not_found;
    if (!gone || !row.value() || !needed.are_there(*find, failure.stem, failure.input))
      failures.push_back(std::move(failure));
    find->reset();
  }
  const std::uint64_t done = sources.failures.size() - failures.size();
  sources.failures = std::move(failures);
  return done;
}

Status Ledger::record_source_failures(const SourceList& sources) {
  if (sources.failures.empty()) return {};
  std::vector<SourceItem> items;
  for (const SourceFailure& failure : sources.failures) items.push_back({failure.input, failure.stem, 0, 0});
  const OutputLayout layout({});
  Reconciler reconciler(state_->database, {layout, {false, false, false, Layout::segfleet}});
  Result<Transaction> transaction = Transaction::begin(state_->database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  const Result<std::vector<Entry>> entries = bring_all_in_line(reconciler, items);
  SEGFLEET_RETURN_IF_ERROR(entries);
  SEGFLEET_RETURN_IF_ERROR(transaction->commit());
  for (std::size_t i = 0; i < entries->size(); ++i) {
    RecordedOutcome recorded;
    recorded.outcome.id = (*entries)[i].id;
    recorded.outcome.error = sources.failures[i].error;
    record(std::move(recorded));
  }
  return flush();
}

}  // namespace segfleet
