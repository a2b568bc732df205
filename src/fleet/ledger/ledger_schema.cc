// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/ledger_schema.h"

#include <fmt/format.h>

namespace segfleet {
namespace {

constexpr int kOldestSchema = 2;

// The tables of schema 2; the steps below make them the present schema's, for new ledgers as for old ones.
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

// The course of a run: which worker had an item when, its workers, and what was measured of them.
constexpr const char* kFrom2To3 = R"(
ALTER TABLE items ADD COLUMN worker INTEGER;
ALTER TABLE items ADD COLUMN begin_us INTEGER;
ALTER TABLE items ADD COLUMN infer_begin_us INTEGER;
ALTER TABLE items ADD COLUMN infer_end_us INTEGER;
ALTER TABLE items ADD COLUMN finish_begin_us INTEGER;
ALTER TABLE items ADD COLUMN write_begin_us INTEGER;
ALTER TABLE items ADD COLUMN end_us INTEGER;
CREATE TABLE workers(
  run INTEGER NOT NULL, number INTEGER NOT NULL, device TEXT NOT NULL, slot INTEGER NOT NULL, pid INTEGER NOT NULL,
  helper_threads INTEGER NOT NULL, started_us INTEGER NOT NULL, ready_us INTEGER, device_name TEXT,
  engine_version TEXT, batch INTEGER, lanes INTEGER, load_us INTEGER, loaded_from_cache INTEGER, ended_us INTEGER,
  end_reason TEXT, how TEXT, PRIMARY KEY(run, number)) WITHOUT ROWID;
CREATE TABLE samples(
  run INTEGER NOT NULL, at_us INTEGER NOT NULL, span_us INTEGER NOT NULL, device TEXT NOT NULL, worker INTEGER,
  busy_us INTEGER, idle_us INTEGER, queued_prepare INTEGER, queued_infer INTEGER, queued_finish INTEGER,
  peak_rss_bytes INTEGER, device_util REAL, memory_used_bytes INTEGER, memory_total_bytes INTEGER,
  temperature_c REAL, power_w REAL, throttled INTEGER, psi REAL);
CREATE TABLE run_devices(
  run INTEGER NOT NULL REFERENCES runs(id), device TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
  done INTEGER NOT NULL, batch INTEGER, memory_used_bytes INTEGER, memory_total_bytes INTEGER,
  peak_rss_bytes INTEGER, PRIMARY KEY(run, device)) WITHOUT ROWID;
INSERT OR REPLACE INTO meta VALUES('schema_version', '3');
)";

// How a worker followed its engine.
constexpr const char* kFrom3To4 = R"(
ALTER TABLE samples ADD COLUMN prepare_threads INTEGER;
ALTER TABLE samples ADD COLUMN finish_threads INTEGER;
ALTER TABLE samples ADD COLUMN batch INTEGER;
INSERT OR REPLACE INTO meta VALUES('schema_version', '4');
)";

// What changed of a run while it went on.
constexpr const char* kFrom4To5 = R"(
CREATE TABLE changes(run INTEGER NOT NULL, at_us INTEGER NOT NULL, device TEXT, what TEXT NOT NULL);
INSERT OR REPLACE INTO meta VALUES('schema_version', '5');
)";

// The pixels of an item's classes in its row, and not a row each: those took more than half of the time of an
// outcome. The view is what the table was. And no index that each new item pays for and next to nothing
// reads.
constexpr const char* kFrom5To6 = R"(
ALTER TABLE items ADD COLUMN classes TEXT;
UPDATE items SET classes = (SELECT json_group_object(class, pixels) FROM class_pixels WHERE item = items.id)
  WHERE id IN (SELECT item FROM class_pixels);
DROP TABLE class_pixels;
DROP INDEX IF EXISTS items_by_stem;
CREATE VIEW class_pixels AS SELECT i.id AS item, CAST(c.key AS INTEGER) AS class, c.value AS pixels
  FROM items i, json_each(i.classes) c;
INSERT OR REPLACE INTO meta VALUES('schema_version', '6');
)";

// What a reader of a schema 2 ledger sees in place of what it lacks; in its own memory, beside the file.
constexpr const char* kShow2As4 = R"(
CREATE TEMP VIEW items AS SELECT *, NULL AS worker, NULL AS begin_us, NULL AS infer_begin_us, NULL AS infer_end_us,
  NULL AS finish_begin_us, NULL AS write_begin_us, NULL AS end_us FROM main.items;
CREATE TEMP VIEW workers AS SELECT NULL AS run, NULL AS number, NULL AS device, NULL AS slot, NULL AS pid,
  NULL AS helper_threads, NULL AS started_us, NULL AS ready_us, NULL AS device_name, NULL AS engine_version,
  NULL AS batch, NULL AS lanes, NULL AS load_us, NULL AS loaded_from_cache, NULL AS ended_us, NULL AS end_reason,
  NULL AS how WHERE 0;
CREATE TEMP VIEW samples AS SELECT NULL AS run, NULL AS at_us, NULL AS span_us, NULL AS device, NULL AS worker,
  NULL AS busy_us, NULL AS idle_us, NULL AS queued_prepare, NULL AS queued_infer, NULL AS queued_finish,
  NULL AS peak_rss_bytes, NULL AS device_util, NULL AS memory_used_bytes, NULL AS memory_total_bytes,
  NULL AS temperature_c, NULL AS power_w, NULL AS throttled, NULL AS psi, NULL AS prepare_threads,
  NULL AS finish_threads, NULL AS batch WHERE 0;
)";
constexpr const char* kShow3As4 = R"(
CREATE TEMP VIEW samples AS SELECT *, NULL AS prepare_threads, NULL AS finish_threads, NULL AS batch
  FROM main.samples;
)";
constexpr const char* kShow4As5 = R"(
CREATE TEMP VIEW changes AS SELECT NULL AS run, NULL AS at_us, NULL AS device, NULL AS what WHERE 0;
)";

Status make_tables(Database& database) {
  Result<Transaction> transaction = Transaction::begin(database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  SEGFLEET_RETURN_IF_ERROR(database.execute(kTables));
  SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom2To3));
  SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom3To4));
  SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom4To5));
  SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom5To6));
  return transaction->commit();
}

Error foreign(const Database& database, std::string_view what) {
  return {ErrorCode::ledger_error,
          fmt::format("{} {}; choose another --output, or use --restart to set the file aside and start anew",
                      database.path().native(), what)};
}

Result<int> schema_of(const Database& database) {
  const Result<std::string> meta = database.query_text("SELECT name FROM sqlite_master WHERE name = 'meta'");
  SEGFLEET_RETURN_IF_ERROR(meta);
  if (meta->empty()) return foreign(database, "is an SQLite database, but not a ledger of segfleet");
  const Result<std::string> version =
      database.query_text("SELECT value FROM meta WHERE key = 'schema_version'");
  if (!version.ok() || version->empty() || version->find_first_not_of("0123456789") != std::string::npos)
    return foreign(database, "is an SQLite database, but not a ledger of segfleet");
  for (int known = kOldestSchema; known <= kLedgerSchema; ++known)
    if (*version == std::to_string(known)) return known;
  return foreign(database,
                 fmt::format("has ledger schema {}, this segfleet knows {}: use the segfleet that made it",
                             *version, kLedgerSchema));
}

Status bring_up(Database& database) {
  Result<Transaction> transaction = Transaction::begin(database);
  SEGFLEET_RETURN_IF_ERROR(transaction);
  const Result<int> schema = schema_of(database);  // another process may have been faster
  SEGFLEET_RETURN_IF_ERROR(schema);
  if (*schema == 2) SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom2To3));
  if (*schema <= 3) SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom3To4));
  if (*schema <= 4) SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom4To5));
  if (*schema <= 5) SEGFLEET_RETURN_IF_ERROR(database.execute(kFrom5To6));
  return transaction->commit();
}

Error folder_in_its_place(const std::filesystem::path& path) {
  return {ErrorCode::ledger_error,
          fmt::format("{} is a folder, where the ledger's file must be; move it away, choose another "
                      "--output, or use --restart to set it aside",
                      path.native())};
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
  if (std::filesystem::is_directory(path, ignored)) return folder_in_its_place(path);
  Result<Database> database = Database::open(path);
  SEGFLEET_RETURN_IF_ERROR(database);
  const Result<std::string> tables = database->query_text("SELECT count(*) FROM sqlite_master");
  SEGFLEET_RETURN_IF_ERROR(tables);
  if (*tables != "0") SEGFLEET_RETURN_IF_ERROR(schema_of(*database));
  SEGFLEET_RETURN_IF_ERROR(set_durability(*database));
  // The check of `state` is for others who write here: SQLite builds its list of words anew for every row, a
  // quarter of what a row costs.
  SEGFLEET_RETURN_IF_ERROR(database->execute("PRAGMA ignore_check_constraints = ON"));
  // 16 MiB: the pages that a list of 50,000 new items changes at once, without going through the log twice.
  SEGFLEET_RETURN_IF_ERROR(database->execute("PRAGMA cache_size = -16384"));
  SEGFLEET_RETURN_IF_ERROR(*tables == "0" ? make_tables(*database) : bring_up(*database));
  return database;
}

Result<Database> open_ledger_to_read(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return folder_in_its_place(path);
  if (!std::filesystem::exists(path, ignored))
    return Error{ErrorCode::not_found,
                 fmt::format("{} does not exist: name the --output of a `segfleet run`", path.native())};
  Result<Database> database = Database::open_to_read(path);
  SEGFLEET_RETURN_IF_ERROR(database);
  const Result<int> schema = schema_of(*database);
  SEGFLEET_RETURN_IF_ERROR(schema);
  if (*schema == 2) SEGFLEET_RETURN_IF_ERROR(database->execute(kShow2As4));
  if (*schema == 3) SEGFLEET_RETURN_IF_ERROR(database->execute(kShow3As4));
  if (*schema <= 4) SEGFLEET_RETURN_IF_ERROR(database->execute(kShow4As5));
  // One moment of a ledger that may be busy, for all that follows.
  SEGFLEET_RETURN_IF_ERROR(database->execute("BEGIN"));
  return database;
}

}  // namespace segfleet
