// SPDX-License-Identifier: Apache-2.0
// The course of a run in the ledger, its reader, and ledgers of the schema before it.
#include <gtest/gtest.h>

#include "fleet/ledger/ledger_reader.h"
#include "fleet/ledger/ledger_schema.h"
#include "ledger_fixture.h"
#include "old_ledgers.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

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
  void make_old(int schema) {
    Result<Database> database = Database::open(path_);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->execute(old_ledger(schema).c_str()).ok());
  }
  std::string query(std::string_view sql) {
    const Result<Database> database = Database::open(path_);
    const Result<std::string> text = database->query_text(sql);
    return text.ok() ? *text : text.error().message;
  }
  std::string schema() { return query("SELECT value FROM meta WHERE key = 'schema_version'"); }

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
  make_old(2);
  {
    Ledger ledger = open();
    EXPECT_EQ(ledger.counts()->done, 3u);
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
  make_old(2);
  {
    const LedgerReader reader = read();
    EXPECT_TRUE(reader.workers(1)->empty());
    int items = 0;
    ASSERT_TRUE(reader
                    .each_item(1,
                               [&](const ItemRecord& item) {
                                 ++items;
                                 EXPECT_EQ(item.input, item.stem + ".jpg");
                                 EXPECT_EQ(item.at(Moment::begin), 0);
                                 EXPECT_NEAR(static_cast<double>(item.ended_us), 2.5e6, 2e3);
                               })
                    .ok());
    EXPECT_EQ(items, 3);
  }
  EXPECT_EQ(schema(), "2");
}

TEST_F(LedgerHistory, ALedgerOfSchema3IsReadAsItIsAndBroughtUp) {
  make_old(3);
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
  make_old(4);
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

TEST_F(LedgerHistory, PixelsOfClassesAreThereInEverySchema) {
  for (int old = 2; old < kLedgerSchema; ++old) {
    SCOPED_TRACE(old);
    std::filesystem::remove(path_);
    make_old(old);
    const auto expect_classes = [&] {
      const std::vector<ClassCount> classes = *read().classes(1);
      ASSERT_EQ(classes.size(), 2u);
      EXPECT_EQ(classes[0].class_index, 3);
      EXPECT_EQ(classes[0].pixels, 21);
      EXPECT_EQ(classes[0].items, 2);
      EXPECT_EQ(classes[1].class_index, 200);
      EXPECT_EQ(classes[1].pixels, 3);
    };
    expect_classes();
    EXPECT_EQ(schema(), std::to_string(old));
    { ASSERT_TRUE(open().close().ok()); }
    EXPECT_EQ(schema(), std::to_string(kLedgerSchema));
    expect_classes();
    EXPECT_EQ(query("SELECT group_concat(coalesce(classes, '-'), ' ') FROM items"),
              R"({"3":9,"200":3} {"3":12} -)");
    EXPECT_EQ(
        query("SELECT group_concat(item||':'||class||':'||pixels, ' ') FROM class_pixels WHERE class > 3"),
        "1:200:3");
  }
}

TEST_F(LedgerHistory, AnOldLedgerThatCannotBeBroughtUpStaysAsItIs) {
  make_old(5);
  {
    Result<Database> database = Database::open(path_);
    ASSERT_TRUE(database->execute("ALTER TABLE items ADD COLUMN classes TEXT").ok());
  }
  const Result<Ledger> ledger = Ledger::open(path_);
  ASSERT_FALSE(ledger.ok());
  EXPECT_EQ(ledger.error().code, ErrorCode::ledger_error);
  EXPECT_EQ(schema(), "5");
  EXPECT_EQ(query("SELECT type FROM sqlite_master WHERE name = 'class_pixels'"), "table");
  EXPECT_EQ(query("SELECT count(*) FROM class_pixels"), "3");
}

TEST_F(LedgerHistory, ClassesThatAreNoJsonAreALedgerError) {
  make_old(2);
  { ASSERT_TRUE(open().close().ok()); }
  {
    Result<Database> database = Database::open(path_);
    ASSERT_TRUE(database->execute("UPDATE items SET classes = '{3:' WHERE id = 2").ok());
  }
  const auto classes = read().classes(1);
  ASSERT_FALSE(classes.ok());
  EXPECT_EQ(classes.error().code, ErrorCode::ledger_error);
  EXPECT_NE(classes.error().message.find(path_.native()), std::string::npos) << classes.error().message;
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
