// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/ledger.h"

#include <gtest/gtest.h>

#include <set>

#include "fleet/ledger/sqlite.h"
#include "io/sink/output_layout.h"
#include "ledger_fixture.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

class LedgerTest : public ::testing::Test {
 protected:
  Ledger open() {
    Result<Ledger> ledger = Ledger::open(path_);
    EXPECT_TRUE(ledger.ok()) << ledger.error().message;
    return std::move(ledger).value();
  }
  std::string query(std::string_view sql) {
    const Result<Database> database = Database::open(path_);
    EXPECT_TRUE(database.ok());
    const Result<std::string> text = database->query_text(sql);
    return text.ok() ? *text : text.error().message;
  }
  std::vector<Ledger::Entry> reconcile(Ledger& ledger, std::vector<SourceItem> items, bool mask = true,
                                       bool overlay = false) {
    SourceList sources;
    sources.items = std::move(items);
    Result<std::vector<Ledger::Entry>> entries = ledger.reconcile(sources, folder_.path(), {mask, overlay});
    EXPECT_TRUE(entries.ok()) << entries.error().message;
    return entries.ok() ? *entries : std::vector<Ledger::Entry>(9);
  }
  // An item a that is done, with its mask of 50 bytes.
  ItemId finish_a(Ledger& ledger) {
    const ItemId id = reconcile(ledger, {source("a")})[0].id;
    write_file(layout_.mask("a"), 50);
    ledger.record(done_outcome(id, 50));
    EXPECT_TRUE(ledger.flush().ok());
    return id;
  }

  TempFolder folder_;
  OutputLayout layout_{folder_.path()};
  std::filesystem::path path_ = folder_.path() / "ledger.sqlite";
};

TEST_F(LedgerTest, NewItemsArePending) {
  Ledger ledger = open();
  const auto entries = reconcile(ledger, {source("a"), source("b")});
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_FALSE(entries[0].done);
  EXPECT_NE(entries[0].id, entries[1].id);
  EXPECT_EQ(ledger.counts()->pending, 2u);
}

TEST_F(LedgerTest, OutcomesCountOnceFlushed) {
  Ledger ledger = open();
  const auto entries = reconcile(ledger, {source("a"), source("b"), source("c")});
  ledger.record(done_outcome(entries[0].id, 50));
  ledger.record(failed_outcome(entries[1].id));
  EXPECT_EQ(ledger.unwritten(), 2u);
  ASSERT_TRUE(ledger.flush().ok());
  EXPECT_EQ(ledger.unwritten(), 0u);
  const LedgerCounts counts = *ledger.counts();
  EXPECT_EQ(counts.done, 1u);
  EXPECT_EQ(counts.failed, 1u);
  EXPECT_EQ(counts.pending, 1u);
}

TEST_F(LedgerTest, KeepsEveryColumnOfAnOutcome) {
  {
    Ledger ledger = open();
    ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
    const auto entries = reconcile(ledger, {source("a"), source("b")});
    ledger.record(done_outcome(entries[0].id, 50));
    ledger.record(failed_outcome(entries[1].id));
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(
      query("SELECT "
            "input||'|'||stem||'|'||size_bytes||'|'||mtime_ns||'|'||state||'|'||attempts||'|'||run||'|'||"
            "worker_pid||'|'||device||'|'||width||'|'||height||'|'||input_bytes||'|'||mask_bytes||'|'||mask_"
            "hash "
            "FROM items WHERE code IS NULL AND stage IS NULL AND overlay_bytes IS NULL"),
      "pictures/a.jpg|a|100|5|done|1|1|4321|cpu:0|640|480|100|50|" + std::string(32, 'a'));
  EXPECT_EQ(
      query("SELECT read_us||decode_us||transform_us||queue_us||infer_us||restore_us||encode_us||write_us "
            "FROM items WHERE state = 'done'"),
      "12345678");
  EXPECT_EQ(query("SELECT code||'|'||stage||'|'||message||'|'||attempts FROM items WHERE state = 'failed'"),
            "input_truncated|decode|ends too early|2");
  EXPECT_EQ(query("SELECT worker||'|'||begin_us||'|'||infer_begin_us||'|'||infer_end_us||'|'||"
                  "finish_begin_us||'|'||write_begin_us||'|'||end_us FROM items WHERE state = 'done'"),
            "2|10|20|30|40|50|60");
  EXPECT_EQ(query("SELECT classes FROM items WHERE state = 'done'"), R"({"0":300000,"3":7200})");
  EXPECT_EQ(query("SELECT group_concat(class||':'||pixels) FROM class_pixels"), "0:300000,3:7200");
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'failed' AND classes IS NULL"), "1");
  EXPECT_EQ(query("SELECT finished_at GLOB "
                  "'20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:*.[0-9][0-9][0-9]Z' FROM items"),
            "1");
}

TEST_F(LedgerTest, FailureWithoutAKnownStageHasNone) {
  {
    Ledger ledger = open();
    RecordedOutcome recorded = failed_outcome(reconcile(ledger, {source("a")})[0].id);
    recorded.stage_known = false;
    ledger.record(recorded);
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(query("SELECT count(*) FROM items WHERE state = 'failed' AND stage IS NULL"), "1");
}

TEST_F(LedgerTest, SecondOutcomeReplacesTheFirstWithItsPixels) {
  {
    Ledger ledger = open();
    const ItemId id = finish_a(ledger);
    RecordedOutcome recorded = done_outcome(id, 50);
    recorded.outcome.class_pixels = {{1, 9}};
    ledger.record(recorded);
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(query("SELECT group_concat(class||':'||pixels) FROM class_pixels"), "1:9");
}

TEST_F(LedgerTest, FailureAfterAResultLeavesNoPixels) {
  {
    Ledger ledger = open();
    ledger.record(failed_outcome(finish_a(ledger)));
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(query("SELECT count(*) FROM class_pixels"), "0");
}

TEST_F(LedgerTest, DoneItemWithItsFileIsSkippedAfterReopening) {
  ItemId id = 0;
  {
    Ledger ledger = open();
    id = finish_a(ledger);
    ASSERT_TRUE(ledger.close().ok());
  }
  Ledger ledger = open();
  const auto entries = reconcile(ledger, {source("new"), source("a")});
  EXPECT_FALSE(entries[0].done);
  EXPECT_TRUE(entries[1].done);
  EXPECT_EQ(entries[1].id, id);
}

TEST_F(LedgerTest, ItemWithoutTheConfidenceThatIsAskedForIsDoneAgain) {
  Ledger ledger = open();
  const ItemId id = finish_a(ledger);
  SourceList sources;
  sources.items = {source("a")};
  const auto is_done = [&] {
    return (*ledger.reconcile(sources, folder_.path(), {true, false, true}))[0].done;
  };
  EXPECT_FALSE(is_done()) << "none was written";
  RecordedOutcome recorded = done_outcome(id, 50);
  recorded.outcome.confidence_bytes = 60;
  ledger.record(recorded);
  ASSERT_TRUE(ledger.flush().ok());
  write_file(layout_.confidence("a"), 60);
  EXPECT_TRUE(is_done());
  EXPECT_TRUE(reconcile(ledger, {source("a")})[0].done) << "it is not in the way where it is not asked for";
  std::filesystem::remove(layout_.confidence("a"));
  EXPECT_FALSE(is_done());
}

TEST_F(LedgerTest, ChangedInputIsDoneAgain) {
  Ledger ledger = open();
  finish_a(ledger);
  EXPECT_FALSE(reconcile(ledger, {source("a", 101)})[0].done);
  EXPECT_EQ(ledger.counts()->pending, 1u);
}

TEST_F(LedgerTest, MaskOfAPictureThatHasChangedGoes) {
  Ledger ledger = open();
  finish_a(ledger);
  write_file(layout_.overlay("a"), 70);
  write_file(layout_.confidence("a"), 80);
  reconcile(ledger, {source("a", 101)});
  EXPECT_FALSE(std::filesystem::exists(layout_.mask("a"))) << "the new picture may fail";
  EXPECT_FALSE(std::filesystem::exists(layout_.overlay("a")));
  EXPECT_FALSE(std::filesystem::exists(layout_.confidence("a")));
}

TEST_F(LedgerTest, MaskUnderANameThatTheItemNoLongerHasGoes) {
  Ledger ledger = open();
  finish_a(ledger);
  SourceItem renamed = source("a");
  renamed.stem = "a.jpg";  // --names full
  EXPECT_FALSE(reconcile(ledger, {renamed})[0].done);
  EXPECT_FALSE(std::filesystem::exists(layout_.mask("a")));
}

TEST_F(LedgerTest, AbandonedNameThatIsAnotherItemsResultStays) {
  Ledger ledger = open();
  SourceItem other = source("other");
  other.stem = "a";
  ledger.record(failed_outcome(reconcile(ledger, {other})[0].id));
  finish_a(ledger);
  other.stem = "other";
  EXPECT_TRUE(reconcile(ledger, {source("a"), other})[0].done);
  EXPECT_TRUE(std::filesystem::exists(layout_.mask("a")));
}

TEST_F(LedgerTest, RefusedListRemovesNothing) {
  Ledger ledger = open();
  const auto entries = reconcile(ledger, {source("a"), source("b")});
  write_file(layout_.mask("b"), 50);
  for (const Ledger::Entry& entry : entries) ledger.record(done_outcome(entry.id, 50));
  ASSERT_TRUE(ledger.flush().ok());
  SourceItem renamed = source("b");
  renamed.stem = "a";  // the result of an input that is not listed
  SourceList sources;
  sources.items = {renamed};
  const auto refused = ledger.reconcile(sources, folder_.path(), {true, false});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::output_conflict);
  EXPECT_TRUE(std::filesystem::exists(layout_.mask("b")));
}

TEST_F(LedgerTest, TouchedInputIsDoneAgain) {
  Ledger ledger = open();
  finish_a(ledger);
  EXPECT_FALSE(reconcile(ledger, {source("a", 100, 6)})[0].done);
}

TEST_F(LedgerTest, MissingOrCutMaskIsDoneAgain) {
  Ledger ledger = open();
  finish_a(ledger);
  std::filesystem::resize_file(layout_.mask("a"), 49);
  EXPECT_FALSE(reconcile(ledger, {source("a")})[0].done);
  EXPECT_EQ(ledger.counts()->pending, 1u);
}

TEST_F(LedgerTest, OverlayThatIsNewlyWantedIsDoneAgain) {
  Ledger ledger = open();
  finish_a(ledger);
  EXPECT_FALSE(reconcile(ledger, {source("a")}, true, true)[0].done);
}

TEST_F(LedgerTest, FailedItemIsTriedAgain) {
  Ledger ledger = open();
  ledger.record(failed_outcome(reconcile(ledger, {source("a")})[0].id));
  ASSERT_TRUE(ledger.flush().ok());
  EXPECT_FALSE(reconcile(ledger, {source("a")})[0].done);
  EXPECT_EQ(ledger.counts()->failed, 1u);  // until it has another outcome
}

TEST_F(LedgerTest, InputThatIsNoLongerListedKeepsItsRow) {
  Ledger ledger = open();
  finish_a(ledger);
  reconcile(ledger, {source("b")});
  EXPECT_EQ(ledger.counts()->done, 1u);
}

TEST_F(LedgerTest, ResultOfAnInputNoLongerListedIsNotOverwritten) {
  Ledger ledger = open();
  finish_a(ledger);
  SourceList sources;
  sources.items = {{"elsewhere/a.jpg", "a", 1, 1}};
  const auto entries = ledger.reconcile(sources, folder_.path(), {true, false});
  ASSERT_FALSE(entries.ok());
  EXPECT_EQ(entries.error().code, ErrorCode::output_conflict);
  EXPECT_NE(entries.error().message.find("pictures/a.jpg"), std::string::npos);
  EXPECT_EQ(ledger.counts()->pending, 0u);  // rolled back
}

TEST_F(LedgerTest, SourceFailuresBecomeFailedItems) {
  Ledger ledger = open();
  SourceList sources;
  sources.failures = {{"pictures/gone.jpg", "gone", {ErrorCode::not_found, "no such file"}}};
  ASSERT_TRUE(ledger.record_source_failures(sources).ok());
  EXPECT_EQ(ledger.counts()->failed, 1u);
  ASSERT_TRUE(ledger.record_source_failures(sources).ok());
  EXPECT_EQ(ledger.counts()->failed, 1u);
}

TEST_F(LedgerTest, NameThatIsNoUtf8IsFoundAgain) {
  const SourceItem odd{"pictures/\xff\xfe.jpg", "\xff\xfe", 100, 5};
  {
    Ledger ledger = open();
    const ItemId id = reconcile(ledger, {odd, source("\xe7\x94\xb0")})[0].id;
    write_file(layout_.mask(odd.stem), 50);
    ledger.record(done_outcome(id, 50));
    ASSERT_TRUE(ledger.close().ok());
  }
  EXPECT_EQ(query("SELECT group_concat(typeof(input)) FROM (SELECT input FROM items ORDER BY id)"),
            "blob,text");
  Ledger ledger = open();
  EXPECT_TRUE(reconcile(ledger, {odd})[0].done);
  std::set<std::string> stems;
  ASSERT_TRUE(
      ledger.for_each_item([&](const std::string& stem, const std::string&) { stems.insert(stem); }).ok());
  EXPECT_EQ(stems, (std::set<std::string>{"\xff\xfe", "\xe7\x94\xb0"}));
}

TEST_F(LedgerTest, IdentityIsKept) {
  Ledger ledger = open();
  EXPECT_FALSE(ledger.identity()->has_value());
  const JobIdentity identity{{"model", "0123"}, {"size", "original"}};
  ASSERT_TRUE(ledger.set_identity(identity).ok());
  EXPECT_EQ(**ledger.identity(), identity);
}

TEST_F(LedgerTest, ForgettingKeepsOnlyTheRuns) {
  Ledger ledger = open();
  ASSERT_TRUE(ledger.begin_run("{}", "0.1.0").ok());
  finish_a(ledger);
  ASSERT_TRUE(ledger.set_identity({{"model", "0123"}}).ok());
  ASSERT_TRUE(ledger.end_run({"finished", 1, 0, 1, 0, {}}).ok());
  ASSERT_TRUE(ledger.forget_everything().ok());
  EXPECT_EQ(ledger.counts()->done, 0u);
  EXPECT_FALSE(ledger.identity()->has_value());
  ASSERT_TRUE(ledger.close().ok());
  EXPECT_EQ(query("SELECT status||done FROM runs"), "finished1");
  EXPECT_EQ(query("SELECT count(*) FROM class_pixels"), "0");
}

TEST_F(LedgerTest, ClosedLedgerIsOneFile) {
  Ledger ledger = open();
  finish_a(ledger);
  ASSERT_TRUE(ledger.close().ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 1);
}

TEST_F(LedgerTest, KilledOwnerLosesOnlyWhatWasNotFlushed) {
  Ledger ledger = open();
  finish_a(ledger);
  ledger.record(failed_outcome(1));
  // Neither flushed nor closed: what another process would see after a kill.
  std::filesystem::create_directories(folder_.path() / "copy");
  for (const char* suffix : {"", "-wal"})
    std::filesystem::copy_file(path_.native() + suffix,
                               folder_.path() / "copy" / ("ledger.sqlite" + std::string(suffix)));
  Result<Ledger> copy = Ledger::open(folder_.path() / "copy" / "ledger.sqlite");
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(copy->counts()->done, 1u);
}

TEST_F(LedgerTest, ReconcilesManyItemsInOneGo) {
  std::vector<SourceItem> items;
  for (int i = 0; i < 20000; ++i) items.push_back(source("folder/picture" + std::to_string(i)));
  Ledger ledger = open();
  const auto first = reconcile(ledger, items);
  const auto second = reconcile(ledger, items);
  ASSERT_EQ(first.size(), items.size());
  EXPECT_EQ(first.back().id, second.back().id);
}

}  // namespace
}  // namespace segfleet
