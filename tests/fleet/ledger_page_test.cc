// SPDX-License-Identifier: Apache-2.0
// docs/ledger.md against a real ledger: every query runs, every column is explained.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "fleet/ledger/ledger.h"
#include "fleet/ledger/sqlite.h"
#include "ledger_fixture.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

class LedgerPage : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(SEGFLEET_SOURCE_FOLDER "/docs/ledger.md");
    page_.assign(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(page_.empty());
    Result<Ledger> ledger = Ledger::open(path_);
    ASSERT_TRUE(ledger.ok());
    ASSERT_TRUE(ledger->begin_run("{}", "0.1.0").ok());
    SourceList sources;
    sources.items = {source("a"), source("b"), source("c")};
    const auto entries = ledger->reconcile(sources, folder_.path(), {true, false});
    RecordedOutcome mostly_class_3 = done_outcome((*entries)[0].id, 50);
    mostly_class_3.outcome.class_pixels = {{3, 640 * 400}, {4, 640 * 80}};
    ledger->record(mostly_class_3);
    ledger->record(failed_outcome((*entries)[1].id));
    ledger->record(worker_record(1, 4321));
    RunSample sample = sample_at(1'000'000);
    sample.worker = 1;
    sample.busy_us = 900'000;
    ledger->record(sample);
    ASSERT_TRUE(ledger->close().ok());
  }

  TempFolder folder_;
  std::filesystem::path path_ = folder_.path() / "ledger.sqlite";
  std::string page_;
};

TEST_F(LedgerPage, EveryQueryGivesRows) {
  const Result<Database> database = Database::open(path_);
  ASSERT_TRUE(database.ok());
  const std::string fence = "```sql\n";
  int queries = 0;
  for (std::size_t at = page_.find(fence); at != std::string::npos; at = page_.find(fence, at + 1)) {
    const std::size_t begin = at + fence.size();
    const std::string sql = page_.substr(begin, page_.find("```", begin) - begin);
    Result<Statement> statement = database->prepare(sql);
    ASSERT_TRUE(statement.ok()) << sql << statement.error().message;
    const Result<bool> row = statement->step("read");
    ASSERT_TRUE(row.ok()) << sql << row.error().message;
    EXPECT_TRUE(*row) << sql;
    ++queries;
  }
  EXPECT_EQ(queries, 12);
}

TEST_F(LedgerPage, EveryColumnIsExplained) {
  const Result<Database> database = Database::open(path_);
  Result<Statement> columns = database->prepare(
      "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
      "WHERE t.type IN ('table', 'view') AND t.name <> 'meta'");
  ASSERT_TRUE(columns.ok());
  while (*columns->step("read")) {
    const std::size_t table = page_.find("### " + columns->text(0) + ":");
    ASSERT_NE(table, std::string::npos) << columns->text(0);
    const std::string section = page_.substr(table, page_.find("\n##", table + 4) - table);
    EXPECT_NE(section.find("`" + columns->text(1) + "`"), std::string::npos)
        << columns->text(0) << '.' << columns->text(1);
  }
}

}  // namespace
}  // namespace segfleet
