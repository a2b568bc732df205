// SPDX-License-Identifier: Apache-2.0
// The source list against the rows of earlier runs, in one transaction.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <unordered_set>

#include "fleet/ledger/ledger_state.h"
#include "io/sink/output_layout.h"

namespace segfleet {
namespace {

constexpr std::string_view kAction = "write the ledger";

bool has_size(const std::filesystem::path& path, std::int64_t size) {
  struct stat info {};
  return size > 0 && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size == size;
}

class Reconciler {
 public:
  Reconciler(const OutputLayout& layout, bool needs_mask, bool needs_overlay, bool needs_confidence)
      : layout_(layout),
        needs_mask_(needs_mask),
        needs_overlay_(needs_overlay),
        needs_confidence_(needs_confidence) {}

  Status prepare(const Database& database) {
    const auto compile = [&](std::optional<Statement>& into, std::string_view sql) -> Status {
      Result<Statement> statement = database.prepare(sql);
      if (!statement.ok()) return statement.error();
      into.emplace(std::move(statement).value());
      return {};
    };
    const Result<std::string> first = database.query_text("SELECT 1 FROM items LIMIT 1");
    SEGFLEET_RETURN_IF_ERROR(first);
    empty_ = first->empty();
    SEGFLEET_RETURN_IF_ERROR(compile(find_,
                                     "SELECT id, stem, size_bytes, mtime_ns, state, mask_bytes, "
                                     "overlay_bytes, confidence_bytes FROM items WHERE input = ?"));
    SEGFLEET_RETURN_IF_ERROR(compile(
        insert_, "INSERT INTO items(input, stem, size_bytes, mtime_ns) VALUES(?, ?, ?, ?) RETURNING id"));
    return compile(renew_,
                   "UPDATE items SET stem = ?, size_bytes = ?, mtime_ns = ?, state = CASE state WHEN 'done' "
                   "THEN 'pending' ELSE state END WHERE id = ?");
  }

  Result<Ledger::Entry> bring_in_line(const SourceItem& item) {
    if (!empty_) {
      find_->bind_path(0, item.input);
      const Result<bool> row = find_->step("read the ledger");
      SEGFLEET_RETURN_IF_ERROR(row);
      if (row.value()) return renew(item);
    }
    return insert(item);
  }
  bool anything_new() const { return anything_new_ && !empty_; }
  // Output names that rows had whose input or name is another now: what lies there belongs to no item.
  const std::vector<std::string>& abandoned() const { return abandoned_; }

 private:
  Result<Ledger::Entry> insert(const SourceItem& item) {
    anything_new_ = true;
    insert_->bind_path(0, item.input);
    insert_->bind_path(1, item.stem);
    insert_->bind(2, static_cast<std::int64_t>(item.size_bytes));
    insert_->bind(3, item.mtime_ns);
    const Result<bool> row = insert_->step(kAction);
    SEGFLEET_RETURN_IF_ERROR(row);
    const Ledger::Entry entry{static_cast<ItemId>(insert_->integer(0)), false};
    SEGFLEET_RETURN_IF_ERROR(insert_->run(kAction));
    return entry;
  }

  Result<Ledger::Entry> renew(const SourceItem& item) {
    Ledger::Entry entry{static_cast<ItemId>(find_->integer(0)), false};
    std::string stem = find_->text(1);
    const bool same = stem == item.stem && find_->integer(2) == static_cast<std::int64_t>(item.size_bytes) &&
                      find_->integer(3) == item.mtime_ns;
    const bool was_done = find_->text(4) == "done";
    entry.done = same && was_done && (!needs_mask_ || has_size(layout_.mask(item.stem), find_->integer(5))) &&
                 (!needs_overlay_ || has_size(layout_.overlay(item.stem), find_->integer(6))) &&
                 (!needs_confidence_ || has_size(layout_.confidence(item.stem), find_->integer(7)));
    find_->reset();
    if (entry.done || (same && !was_done)) return entry;
    anything_new_ = anything_new_ || !same;
    if (!same) abandoned_.push_back(std::move(stem));
    renew_->bind_path(0, item.stem);
    renew_->bind(1, static_cast<std::int64_t>(item.size_bytes));
    renew_->bind(2, item.mtime_ns);
    renew_->bind(3, static_cast<std::int64_t>(entry.id));
    SEGFLEET_RETURN_IF_ERROR(renew_->run(kAction));
    return entry;
  }

  const OutputLayout& layout_;
  const bool needs_mask_;
  const bool needs_overlay_;
  const bool needs_confidence_;
  bool empty_ = false;
  bool anything_new_ = false;
  std::vector<std::string> abandoned_;
  std::optional<Statement> find_;
  std::optional<Statement> insert_;
  std::optional<Statement> renew_;
};

// A result of an earlier run whose input is no longer listed must not be overwritten by another input's.
Status refuse_shared_outputs(const Database& database, const SourceList& sources) {
  Result<Statement> shared = database.prepare(
      "SELECT input, stem FROM items WHERE state = 'done' AND stem IN "
      "(SELECT stem FROM items GROUP BY stem HAVING count(*) > 1)");
  SEGFLEET_RETURN_IF_ERROR(shared);
  std::unordered_set<std::string_view> listed;
  for (;;) {
    const Result<bool> row = shared->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(row);
    if (!row.value()) return {};
    if (listed.empty())
      for (const SourceItem& item : sources.items) listed.insert(item.input);
    const std::string input = shared->text(0);
    if (listed.contains(input)) continue;
    return Error{
        ErrorCode::output_conflict,
        fmt::format("output name {} already holds the result of {}, an input of an earlier run that is not "
                    "among these; choose another --output, or --restart to forget the earlier results",
                    shared->text(1), input)};
  }
}

// A mask of the picture as it was before must not stay where the new one may fail.
Status remove_abandoned(const Database& database, const std::vector<std::string>& stems,
                        const OutputLayout& layout) {
  Result<Statement> owner = database.prepare("SELECT 1 FROM items WHERE stem = ? AND state = 'done'");
  SEGFLEET_RETURN_IF_ERROR(owner);
  for (const std::string& stem : stems) {
    owner->bind_path(0, stem);
    const Result<bool> owned = owner->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(owned);
    owner->reset();
    if (owned.value()) continue;
    ::unlink(layout.mask(stem).c_str());
    ::unlink(layout.overlay(stem).c_str());
    ::unlink(layout.confidence(stem).c_str());
  }
  return {};
}

Result<std::vector<Ledger::Entry>> bring_all_in_line(Reconciler& reconciler, const Database& database,
                                                     const std::vector<SourceItem>& items) {
  SEGFLEET_RETURN_IF_ERROR(reconciler.prepare(database));
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
                                                     bool needs_mask, bool needs_overlay,
                                                     bool needs_confidence) {
  const OutputLayout layout(output_root);
  Reconciler reconciler(layout, needs_mask, needs_overlay, needs_confidence);
  Result<Transaction> transaction = Transaction::begin(state_->database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  Result<std::vector<Entry>> entries = bring_all_in_line(reconciler, state_->database, sources.items);
  SEGFLEET_RETURN_IF_ERROR(entries);
  if (reconciler.anything_new()) SEGFLEET_RETURN_IF_ERROR(refuse_shared_outputs(state_->database, sources));
  // Before the commit: a kill in between leaves rows without files, which the next run computes again.
  SEGFLEET_RETURN_IF_ERROR(remove_abandoned(state_->database, reconciler.abandoned(), layout));
  SEGFLEET_RETURN_IF_ERROR(transaction->commit());
  return entries;
}

Status Ledger::record_source_failures(const SourceList& sources) {
  if (sources.failures.empty()) return {};
  std::vector<SourceItem> items;
  for (const SourceFailure& failure : sources.failures) items.push_back({failure.input, failure.stem, 0, 0});
  const OutputLayout layout({});
  Reconciler reconciler(layout, false, false, false);
  Result<Transaction> transaction = Transaction::begin(state_->database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  const Result<std::vector<Entry>> entries = bring_all_in_line(reconciler, state_->database, items);
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
