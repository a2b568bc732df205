// SPDX-License-Identifier: Apache-2.0
// The course of a run in the ledger, its reader, and ledgers of the schema before it.
#include <gtest/gtest.h>

#include "fleet/ledger/ledger_reader.h"
#include "fleet/ledger/ledger_schema.h"
#include "ledger_fixture.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

// What segfleet made before the ledger kept a run's course.
constexpr const char* kSchema2 = R"(
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
  2, 0, 2, 0);
INSERT INTO items VALUES(1, '/in/a.jpg', 'a.jpg', 'a', 10, 5, 'done', NULL, NULL, NULL, 1, 1, 77, 'cpu:0', 4, 3,
  10, 9, 'ff', NULL, 1, 2, 3, 4, 5, 6, 7, 8, '2026-01-31T10:00:02.500Z', NULL);
INSERT INTO class_pixels VALUES(1, 3, 12);
)";

class LedgerHistory : public ::testing::Test {
 protected:
  Ledger open() {
    Result<Ledger> ledger = Ledger::open(path_);
    EXPECT_TRUE(ledger.ok()) << ledger.error().message;
    return std::move(ledger).value();
  }
  LedgerReader read() {
    Result<LedgerReader> reader = LedgerReader::open(path_);
    EXPECT_TRUE(reader.ok()) << reader.error().message;
    return std::move(reader).value();
  }
  void make_schema_2() {
    Result<Database> database = Database::open(path_);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->execute(kSchema2).ok());
  }
  std::string schema() {
    const Result<Database> database = Database::open(path_);
    return *database->query_text("SELECT value FROM meta WHERE key = 'schema_version'");
  }

  TempFolder folder_;
  std::filesystem::path path_ = folder_.path() / "ledger.sqlite";
};

TEST_F(LedgerHistory, WorkersAndSamplesComeBackAsTheyWereRecorded) {
  Ledger ledger = open();
  ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
  WorkerRecord worker = worker_record(1, 4321);
  ledger.record(worker);
  worker.ready_us = 900;
  worker.device_name = "simulated";
  worker.batch = 4;
  worker.lanes = 2;
  worker.ended_us = 5000;
  worker.end = "died";
  worker.how = "killed by signal 9";
  ledger.record(worker);  // replaces the first
  ledger.record(worker_record(2, 4322));
  RunSample of_worker = sample_at(1'000'900);
  of_worker.worker = 1;
  of_worker.busy_us = 700'000;
  of_worker.queued_infer = 3;
  of_worker.prepare_threads = 2;
  of_worker.finish_threads = 1;
  of_worker.batch = 8;
  ledger.record(of_worker);
  RunSample of_device = sample_at(2'000'000);
  of_device.device_util = 0.5;
  of_device.throttled = true;
  ledger.record(of_device);
  ASSERT_TRUE(ledger.flush().ok());

  const LedgerReader reader = read();
  const auto workers = reader.workers(1);
  ASSERT_EQ(workers->size(), 2u);
  EXPECT_EQ(workers->at(0).ready_us, 900);
  EXPECT_EQ(workers->at(0).lanes, 2);
  EXPECT_EQ(workers->at(0).end, "died");
  EXPECT_EQ(workers->at(0).how, "killed by signal 9");
  EXPECT_FALSE(workers->at(1).ready_us);
  EXPECT_FALSE(workers->at(1).ended_us);
  std::vector<RunSample> samples;
  ASSERT_TRUE(reader.each_sample(1, [&](const RunSample& sample) { samples.push_back(sample); }).ok());
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].worker, 1);
  EXPECT_EQ(samples[0].busy_us, 700'000);
  EXPECT_EQ(samples[0].queued_infer, 3);
  EXPECT_EQ(samples[0].prepare_threads, 2);
  EXPECT_EQ(samples[0].finish_threads, 1);
  EXPECT_EQ(samples[0].batch, 8);
  EXPECT_FALSE(samples[0].device_util);
  EXPECT_FALSE(samples[1].worker);
  EXPECT_EQ(samples[1].device_util, 0.5);
  EXPECT_EQ(samples[1].throttled, true);
}

TEST_F(LedgerHistory, AnOldLedgerIsBroughtUpWithAllThatItHolds) {
  make_schema_2();
  {
    Ledger ledger = open();
    EXPECT_EQ(ledger.counts()->done, 1u);
    EXPECT_EQ((**ledger.identity()).at("model"), "abc");
    ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
    ledger.record(done_outcome(1, 9));
    ledger.record(worker_record(1, 4321));
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(schema(), std::to_string(kLedgerSchema));
  EXPECT_EQ(read().workers(2)->size(), 1u);
}

TEST_F(LedgerHistory, AnOldLedgerIsReadWithoutBeingChanged) {
  make_schema_2();
  {
    const LedgerReader reader = read();
    EXPECT_TRUE(reader.workers(1)->empty());
    int items = 0;
    ASSERT_TRUE(reader
                    .each_item(1,
                               [&](const ItemRecord& item) {
                                 ++items;
                                 EXPECT_EQ(item.input, "a.jpg");
                                 EXPECT_EQ(item.at(Moment::begin), 0);
                                 EXPECT_NEAR(static_cast<double>(item.ended_us), 2.5e6, 2e3);
                               })
                    .ok());
    EXPECT_EQ(items, 1);
    EXPECT_EQ(reader.classes(1)->at(0).pixels, 12);
  }
  EXPECT_EQ(schema(), "2");
}

// What segfleet made before it kept helper threads and batches: a new ledger without them.
TEST_F(LedgerHistory, ALedgerOfSchema3IsReadAsItIsAndBroughtUp) {
  {
    Ledger ledger = open();
    ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
    ledger.record(sample_at(1'000'000));
    ASSERT_TRUE(ledger.close().ok());
  }
  {
    Result<Database> database = Database::open(path_);
    ASSERT_TRUE(database
                    ->execute("ALTER TABLE samples DROP COLUMN prepare_threads;"
                              "ALTER TABLE samples DROP COLUMN finish_threads;"
                              "ALTER TABLE samples DROP COLUMN batch; DROP TABLE changes;"
                              "UPDATE meta SET value = '3' WHERE key = 'schema_version'")
                    .ok());
  }
  std::vector<RunSample> samples;
  const auto collect = [&](const RunSample& sample) { samples.push_back(sample); };
  ASSERT_TRUE(read().each_sample(1, collect).ok());
  EXPECT_EQ(schema(), "3");
  {
    Ledger ledger = open();
    ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
    RunSample sample = sample_at(1'000'000);
    sample.batch = 4;
    ledger.record(sample);
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(schema(), std::to_string(kLedgerSchema));
  ASSERT_TRUE(read().each_sample(1, collect).ok());
  ASSERT_TRUE(read().each_sample(2, collect).ok());
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_FALSE(samples[0].batch);
  EXPECT_FALSE(samples[1].batch);
  EXPECT_EQ(samples[2].batch, 4);
}

TEST_F(LedgerHistory, WhatChangedOfARunIsKeptAndALedgerBeforeHasNone) {
  {
    Ledger ledger = open();
    ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
    ASSERT_TRUE(ledger.close().ok());
  }
  {
    Result<Database> database = Database::open(path_);
    ASSERT_TRUE(
        database->execute("DROP TABLE changes; UPDATE meta SET value = '4' WHERE key = 'schema_version'")
            .ok());
  }
  EXPECT_TRUE(read().changes(1)->empty());
  EXPECT_EQ(schema(), "4");
  {
    Ledger ledger = open();
    ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
    ledger.record(RunChange{5, "sim:0", "removed"});
    ledger.record(RunChange{7, "", "paused"});
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(schema(), std::to_string(kLedgerSchema));
  const std::vector<RunChange> changes = *read().changes(2);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].device, "sim:0");
  EXPECT_EQ(changes[0].what, "removed");
  EXPECT_EQ(changes[1].at_us, 7);
  EXPECT_TRUE(changes[1].device.empty());
}

TEST_F(LedgerHistory, AReaderSeesOneMomentOfABusyLedger) {
  Ledger ledger = open();
  ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
  SourceList sources;
  sources.items = {source("a"), source("b")};
  const auto entries = ledger.reconcile(sources, folder_.path(), {true, false});
  ledger.record(done_outcome((*entries)[0].id, 50));
  ASSERT_TRUE(ledger.flush().ok());
  const LedgerReader reader = read();
  EXPECT_EQ(*reader.done(1), 1);
  ledger.record(done_outcome((*entries)[1].id, 50));
  ASSERT_TRUE(ledger.flush().ok());
  EXPECT_EQ(*reader.done(1), 1);
  EXPECT_EQ(*read().done(1), 2);
}

TEST_F(LedgerHistory, SpreadTakesItemsFromAllOverTheRun) {
  Ledger ledger = open();
  ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
  SourceList sources;
  for (int i = 0; i < 100; ++i) sources.items.push_back(source(std::to_string(100 + i)));
  const auto entries = ledger.reconcile(sources, folder_.path(), {true, false});
  for (const Ledger::Entry& entry : *entries) ledger.record(done_outcome(entry.id, 50));
  ASSERT_TRUE(ledger.flush().ok());
  const auto spread = read().spread(1, 4);
  ASSERT_EQ(spread->size(), 4u);
  EXPECT_EQ(spread->at(0).stem, "100");
  EXPECT_EQ(spread->at(2).stem, "150");
  EXPECT_EQ(read().spread(1, 1000)->size(), 100u);
}

TEST_F(LedgerHistory, QuantilesAreThoseOfTheItems) {
  Ledger ledger = open();
  ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
  SourceList sources;
  for (int i = 0; i <= 100; ++i) sources.items.push_back(source(std::to_string(i)));
  const auto entries = ledger.reconcile(sources, folder_.path(), {true, false});
  for (std::size_t i = 0; i < entries->size(); ++i) {
    RecordedOutcome recorded = done_outcome((*entries)[i].id, 50);
    recorded.outcome.stage_us[1] = static_cast<std::int64_t>(i);
    ledger.record(recorded);
  }
  ASSERT_TRUE(ledger.flush().ok());
  EXPECT_EQ(*read().quantiles(1, Stage::decode, {0.0, 0.5, 0.95, 1.0}),
            (std::vector<std::int64_t>{0, 50, 95, 100}));
}

}  // namespace
}  // namespace segfleet
