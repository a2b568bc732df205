// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/ledger.h"

#include <fmt/format.h>

#include <string_view>

#include "base/clock.h"
#include "base/utc_time.h"
#include "fleet/ledger/ledger_schema.h"
#include "fleet/ledger/ledger_state.h"

namespace segfleet {
namespace {

constexpr std::string_view kIdentityPrefix = "identity.";

}  // namespace

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(const std::filesystem::path& path) {
  Result<Database> database = open_ledger_database(path);
  SEGFLEET_RETURN_IF_ERROR(database);
  auto state = std::make_unique<State>(std::move(database).value());
  SEGFLEET_RETURN_IF_ERROR(state->prepare());
  return Ledger(std::move(state));
}

Result<std::optional<JobIdentity>> Ledger::identity() const {
  Result<Statement> rows =
      state_->database.prepare("SELECT key, value FROM meta WHERE key LIKE 'identity.%'");
  SEGFLEET_RETURN_IF_ERROR(rows);
  JobIdentity identity;
  for (;;) {
    const Result<bool> row = rows->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(row);
    if (!row.value()) break;
    identity[rows->text(0).substr(kIdentityPrefix.size())] = rows->text(1);
  }
  if (identity.empty()) return std::optional<JobIdentity>();
  return std::optional<JobIdentity>(std::move(identity));
}

Status Ledger::set_identity(const JobIdentity& identity) {
  Result<Transaction> transaction = Transaction::begin(state_->database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  SEGFLEET_RETURN_IF_ERROR(state_->database.execute("DELETE FROM meta WHERE key LIKE 'identity.%'"));
  Result<Statement> insert = state_->database.prepare("INSERT INTO meta VALUES(?, ?)");
  SEGFLEET_RETURN_IF_ERROR(insert);
  for (const auto& [option, value] : identity) {
    const std::string key = std::string(kIdentityPrefix) + option;
    insert->bind(0, key);
    insert->bind(1, value);
    SEGFLEET_RETURN_IF_ERROR(insert->run("write the ledger"));
  }
  return transaction->commit();
}

Status Ledger::forget_everything() {
  Result<Transaction> transaction = Transaction::begin(state_->database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  SEGFLEET_RETURN_IF_ERROR(
      state_->database.execute("DELETE FROM items; DELETE FROM meta WHERE key LIKE 'identity.%'"));
  return transaction->commit();
}

Status Ledger::for_each_item(const std::function<void(const std::string&, const std::string&)>& visit) const {
  Result<Statement> rows = state_->database.prepare("SELECT stem, input FROM items");
  SEGFLEET_RETURN_IF_ERROR(rows);
  for (;;) {
    const Result<bool> row = rows->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(row);
    if (!row.value()) return {};
    visit(rows->text(0), rows->text(1));
  }
}

Status Ledger::begin_run(const std::string& options, const std::string& version) {
  Result<Statement> insert =
      state_->database.prepare("INSERT INTO runs(started_at, options, version) VALUES(?, ?, ?) RETURNING id");
  SEGFLEET_RETURN_IF_ERROR(insert);
  const std::string now = utc_text(std::chrono::system_clock::now());
  insert->bind(0, now);
  insert->bind(1, options);
  insert->bind(2, version);
  const Result<bool> row = insert->step("write the ledger");
  SEGFLEET_RETURN_IF_ERROR(row);
  state_->run = insert->integer(0);
  state_->run_start_ns = steady_now_ns();
  return insert->run("write the ledger");  // to its end: only then is the row committed
}

std::int64_t Ledger::run_us() const {
  return (steady_now_ns() - state_->run_start_ns) / 1000;
}

Status Ledger::set_run_fact(std::string_view name, const std::string& value) {
  Result<Statement> insert = state_->database.prepare("INSERT OR REPLACE INTO meta VALUES(?, ?)");
  SEGFLEET_RETURN_IF_ERROR(insert);
  const std::string key = fmt::format("{}.{}", name, state_->run);
  insert->bind(0, key);
  insert->bind(1, value);
  return insert->run("write the ledger");
}

Status Ledger::end_run(const RunEnd& end) {
  Result<Statement> update = state_->database.prepare(
      "UPDATE runs SET ended_at = ?, status = ?, total = ?, skipped = ?, done = ?, failed = ? WHERE id = ?");
  SEGFLEET_RETURN_IF_ERROR(update);
  const std::string now = utc_text(std::chrono::system_clock::now());
  update->bind(0, now);
  update->bind(1, end.status);
  update->bind(2, static_cast<std::int64_t>(end.total));
  update->bind(3, static_cast<std::int64_t>(end.skipped));
  update->bind(4, static_cast<std::int64_t>(end.done));
  update->bind(5, static_cast<std::int64_t>(end.failed));
  update->bind(6, state_->run);
  SEGFLEET_RETURN_IF_ERROR(update->run("write the ledger"));
  for (const DeviceProgress& device : end.devices) SEGFLEET_RETURN_IF_ERROR(state_->write(device));
  return {};
}

Status Ledger::close() {
  SEGFLEET_RETURN_IF_ERROR(state_->database.execute("PRAGMA synchronous = FULL"));
  SEGFLEET_RETURN_IF_ERROR(flush());
  // Statements that are open would keep the log from being folded in.
  state_->close_statements();
  // One plain file that any SQLite can read, also on a read-only medium. A reader that is busy with the
  // ledger just now keeps the log alive: nothing is lost by that.
  const Status folded = state_->database.execute("PRAGMA journal_mode = DELETE");
  if (!folded.ok() && folded.error().code != ErrorCode::ledger_error) return folded;
  return {};
}

Result<LedgerCounts> Ledger::counts() const {
  Result<Statement> rows = state_->database.prepare("SELECT state, count(*) FROM items GROUP BY state");
  SEGFLEET_RETURN_IF_ERROR(rows);
  LedgerCounts counts;
  for (;;) {
    const Result<bool> row = rows->step("read the ledger");
    SEGFLEET_RETURN_IF_ERROR(row);
    if (!row.value()) return counts;
    const std::string state = rows->text(0);
    (state == "done"     ? counts.done
     : state == "failed" ? counts.failed
                         : counts.pending) = static_cast<std::uint64_t>(rows->integer(1));
  }
}

}  // namespace segfleet
