// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/ledger_schema.h"

#include <fmt/format.h>

namespace segfleet {
namespace {

// path, input and stem have no declared type: a name that is no UTF-8 is kept as a blob.
constexpr const char* kTables = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, status TEXT, options TEXT NOT NULL,
  version TEXT NOT NULL, total INTEGER, skipped INTEGER, done INTEGER, failed INTEGER);
CREATE TABLE items(
  id INTEGER PRIMARY KEY, path NOT NULL UNIQUE, input NOT NULL, stem NOT NULL, size_bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'pending' CHECK(state IN ('pending','done','failed')),
  code TEXT, stage TEXT, message TEXT, attempts INTEGER NOT NULL DEFAULT 0, run INTEGER, worker_pid INTEGER,
  device TEXT, width INTEGER, height INTEGER, input_bytes INTEGER, mask_bytes INTEGER, mask_hash TEXT,
  overlay_bytes INTEGER, read_us INTEGER, decode_us INTEGER, transform_us INTEGER, queue_us INTEGER,
  infer_us INTEGER, restore_us INTEGER, encode_us INTEGER, write_us INTEGER, finished_at TEXT,
  confidence_bytes INTEGER);
CREATE INDEX items_by_stem ON items(stem);
CREATE TABLE class_pixels(
  item INTEGER NOT NULL REFERENCES items(id), class INTEGER NOT NULL, pixels INTEGER NOT NULL,
  PRIMARY KEY(item, class)) WITHOUT ROWID;
)";

// Also made in ledgers of before it; nobody who does not know it is misled, so the schema keeps its number.
constexpr const char* kLaterTables = R"(
CREATE TABLE IF NOT EXISTS run_devices(
  run INTEGER NOT NULL REFERENCES runs(id), device TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
  done INTEGER NOT NULL, batch INTEGER, memory_used_bytes INTEGER, memory_total_bytes INTEGER,
  peak_rss_bytes INTEGER, PRIMARY KEY(run, device)) WITHOUT ROWID;
)";

Status make_tables(Database& database) {
  Result<Transaction> transaction = Transaction::begin(database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  SEGFLEET_RETURN_IF_ERROR(database.execute(kTables));
  const std::string version = fmt::format("INSERT INTO meta VALUES('schema_version','{}')", kLedgerSchema);
  SEGFLEET_RETURN_IF_ERROR(database.execute(version.c_str()));
  return transaction->commit();
}

Error foreign(const Database& database, std::string_view what) {
  return {ErrorCode::ledger_error,
          fmt::format("{} {}; choose another --output, or use --restart to set the file aside and start anew",
                      database.path().native(), what)};
}

Status check_schema(const Database& database) {
  const Result<std::string> meta = database.query_text("SELECT name FROM sqlite_master WHERE name = 'meta'");
  SEGFLEET_RETURN_IF_ERROR(meta);
  if (meta->empty()) return foreign(database, "is an SQLite database, but not a ledger of segfleet");
  const Result<std::string> version =
      database.query_text("SELECT value FROM meta WHERE key = 'schema_version'");
  if (!version.ok() || version->empty() || version->find_first_not_of("0123456789") != std::string::npos)
    return foreign(database, "is an SQLite database, but not a ledger of segfleet");
  if (*version != std::to_string(kLedgerSchema))
    return foreign(database,
                   fmt::format("has ledger schema {}, this segfleet knows {}: use the segfleet that made it",
                               *version, kLedgerSchema));
  return {};
}

// A ledger may forget at a power cut, but never lie: what it says done was durable before. So NORMAL is
// enough while the journal is a write-ahead log;
// without one (some network filesystems) NORMAL could damage the file.
Status set_durability(Database& database) {
  const Result<std::string> mode = database.query_text("PRAGMA journal_mode = WAL");
  SEGFLEET_RETURN_IF_ERROR(mode);
  return database.execute(*mode == "wal" ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
}

}  // namespace

Result<Database> open_ledger_database(const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be looked at, SQLite will name
  if (std::filesystem::is_directory(path, ignored))
    return Error{ErrorCode::ledger_error,
                 fmt::format("{} is a folder, where the ledger's file must be; move it away, choose another "
                             "--output, or use --restart to set it aside",
                             path.native())};
  Result<Database> database = Database::open(path);
  SEGFLEET_RETURN_IF_ERROR(database);
  const Result<std::string> tables = database->query_text("SELECT count(*) FROM sqlite_master");
  SEGFLEET_RETURN_IF_ERROR(tables);
  if (*tables != "0") SEGFLEET_RETURN_IF_ERROR(check_schema(*database));
  SEGFLEET_RETURN_IF_ERROR(set_durability(*database));
  // 16 MiB: the pages that a list of 50,000 new items changes at once, without going through the log twice.
  SEGFLEET_RETURN_IF_ERROR(database->execute("PRAGMA cache_size = -16384"));
  if (*tables == "0") SEGFLEET_RETURN_IF_ERROR(make_tables(*database));
  SEGFLEET_RETURN_IF_ERROR(database->execute(kLaterTables));
  return database;
}

}  // namespace segfleet
