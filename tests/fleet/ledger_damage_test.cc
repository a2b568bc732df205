// SPDX-License-Identifier: Apache-2.0
// Ledgers that cannot be used: each says so, with the mend.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "as_nobody.h"
#include "fleet/ledger/ledger.h"
#include "fleet/ledger/sqlite.h"
#include "ledger_fixture.h"
#include "small_disk.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

class DamagedLedger : public ::testing::Test {
 protected:
  Error open_error() {
    const Result<Ledger> ledger = Ledger::open(path_);
    if (ledger.ok()) return {ErrorCode::internal, "it opened"};
    EXPECT_NE(ledger.error().message.find(path_.native()), std::string::npos) << ledger.error().message;
    EXPECT_EQ(ledger.error().message.find('\n'), std::string::npos);
    return ledger.error();
  }
  void execute(const char* sql) {
    Result<Database> database = Database::open(path_);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->execute(sql).ok());
  }

  TempFolder folder_;
  std::filesystem::path path_ = folder_.path() / "ledger.sqlite";
};

TEST_F(DamagedLedger, TextFileIsRefusedWithTheMend) {
  std::ofstream(path_) << std::string(5000, 'x');
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::ledger_error);
  EXPECT_NE(error.message.find("--restart"), std::string::npos);
}

TEST_F(DamagedLedger, OtherSqliteDatabaseIsRefused) {
  execute("CREATE TABLE addresses(name)");
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::ledger_error);
  EXPECT_NE(error.message.find("not a ledger of segfleet"), std::string::npos);
}

TEST_F(DamagedLedger, OtherDatabaseWithAMetaTableIsRefused) {
  execute("CREATE TABLE meta(other)");
  EXPECT_NE(open_error().message.find("not a ledger of segfleet"), std::string::npos);
}

TEST_F(DamagedLedger, NewerSchemaNamesBothNumbers) {
  { ASSERT_TRUE(Ledger::open(path_).ok()); }
  execute("UPDATE meta SET value = '7' WHERE key = 'schema_version'");
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::ledger_error);
  EXPECT_NE(error.message.find("schema 7, this segfleet knows 6"), std::string::npos) << error.message;
}

TEST_F(DamagedLedger, OverwrittenPagesAreLedgerErrors) {
  {
    Result<Ledger> ledger = Ledger::open(path_);
    ASSERT_TRUE(ledger.ok());
    SourceList sources;
    for (int i = 0; i < 500; ++i) sources.items.push_back(source("picture" + std::to_string(i)));
    ASSERT_TRUE(ledger->reconcile(sources, folder_.path(), {true, false}).ok());
    ASSERT_TRUE(ledger->close().ok());
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(4096 * 8, '\x7f');
  file.close();
  Result<Ledger> ledger = Ledger::open(path_);
  if (ledger.ok()) {
    const Result<LedgerCounts> counts = ledger->counts();
    ASSERT_FALSE(counts.ok());
    EXPECT_EQ(counts.error().code, ErrorCode::ledger_error);
  } else {
    EXPECT_EQ(ledger.error().code, ErrorCode::ledger_error);
  }
}

TEST_F(DamagedLedger, FolderInItsPlaceIsAnError) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(open_error().code, ErrorCode::ledger_error);
}

TEST_F(DamagedLedger, FolderThatMayNotBeWrittenIsPermissionDenied) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  const AsNobody nobody;
  if (::eaccess(folder_.path().c_str(), W_OK) == 0) GTEST_SKIP() << "this user may write everywhere";
  EXPECT_EQ(open_error().code, ErrorCode::permission_denied);
}

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "a small disk cannot be mounted here";
  }
  void fill() {
    std::ofstream filler(disk_.path() / "filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }

  SmallDisk disk_{"size=512k"};  // twice what the ledger and its log take in these tests
  std::filesystem::path path_ = disk_.path() / "ledger.sqlite";
};

TEST_F(FullDisk, NewLedgerIsNoSpace) {
  fill();
  const Result<Ledger> ledger = Ledger::open(path_);
  ASSERT_FALSE(ledger.ok());
  EXPECT_EQ(ledger.error().code, ErrorCode::no_space) << ledger.error().message;
}

TEST_F(FullDisk, FlushIsNoSpaceAndTheLedgerStaysReadable) {
  Result<Ledger> ledger = Ledger::open(path_);
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  SourceList sources;
  for (int i = 0; i < 100; ++i) sources.items.push_back(source("picture" + std::to_string(i)));
  const auto entries = ledger->reconcile(sources, disk_.path(), {true, false});
  ASSERT_TRUE(entries.ok()) << entries.error().message;
  ledger->record(done_outcome((*entries)[0].id, 1));
  ASSERT_TRUE(ledger->flush().ok());
  fill();
  for (const Ledger::Entry& entry : *entries) {
    ledger->record(done_outcome(entry.id, 1));
    ledger->record(failed_outcome(entry.id));
  }
  const Status flushed = ledger->flush();
  ASSERT_FALSE(flushed.ok());
  EXPECT_EQ(flushed.error().code, ErrorCode::no_space) << flushed.error().message;
  EXPECT_EQ(ledger->counts()->done, 1u);
  std::filesystem::remove(disk_.path() / "filler");
  ASSERT_TRUE(
      ledger->close().ok());  // what could not be written is not lost: it is written once there is room
  Result<Ledger> again = Ledger::open(path_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->counts()->failed, 100u);
}

}  // namespace
}  // namespace segfleet
