// SPDX-License-Identifier: Apache-2.0
// Ledgers as earlier releases made them: what they were does not change any more.
#pragma once
#include <string>

namespace segfleet {

// SQL for the tables of schema 2 to 5, with a run, its three done items, the pixels of two of them and, from
// schema 3, a sample.
inline std::string old_ledger(int schema) {
  std::string sql = R"(
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
INSERT INTO meta VALUES('schema_version', '2'), ('identity.model', 'abc');
INSERT INTO runs VALUES(1, '2026-01-31T10:00:00.000Z', '2026-01-31T10:00:09.000Z', 'finished', '{}', '0.1.0',
  3, 0, 3, 0);
INSERT INTO items
  SELECT column1, '/in/' || column2 || '.jpg', column2 || '.jpg', column2, 10, 5, 'done', NULL, NULL, NULL, 1, 1,
    77, 'cpu:0', 4, 3, 10, 9, 'ff', NULL, 1, 2, 3, 4, 5, 6, 7, 8, '2026-01-31T10:00:02.500Z', NULL
  FROM (VALUES(1, 'a'), (2, 'b'), (3, 'c'));
INSERT INTO class_pixels VALUES(1, 3, 9), (1, 200, 3), (2, 3, 12);
)";
  if (schema >= 3)
    sql += R"(
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
INSERT INTO samples(run, at_us, span_us, device) VALUES(1, 1000000, 1000000, 'sim:0');
)";
  if (schema >= 4)
    sql += R"(
ALTER TABLE samples ADD COLUMN prepare_threads INTEGER;
ALTER TABLE samples ADD COLUMN finish_threads INTEGER;
ALTER TABLE samples ADD COLUMN batch INTEGER;
)";
  if (schema >= 5)
    sql +=
        "CREATE TABLE changes(run INTEGER NOT NULL, at_us INTEGER NOT NULL, device TEXT, what TEXT NOT "
        "NULL);";
  return sql + "UPDATE meta SET value = '" + std::to_string(schema) + "' WHERE key = 'schema_version';";
}

}  // namespace segfleet
