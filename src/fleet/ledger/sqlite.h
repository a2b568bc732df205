// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface with owners and Results instead of handles and codes.
// Thread-safety: one thread at a time for a database and all its statements.
// Errors: no_space, permission_denied, otherwise ledger_error; each names the file, the cause and, where the
// file is damaged or no database at all, the mend.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "segfleet/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace segfleet {

class Statement;

class Database {
 public:
  // Opens for reading and writing; makes the file where it is missing.
  static Result<Database> open(const std::filesystem::path& path);
  // Opens for reading what is there. Errors: as above; not_found.
  static Result<Database> open_to_read(const std::filesystem::path& path);

  Status execute(const char* sql);  // one or more statements without results
  Result<Statement> prepare(std::string_view sql) const;
  Result<std::string> query_text(std::string_view sql) const;  // first column of the first row; empty: no row
  std::int64_t last_id() const;                                // of the row inserted last
  Error error(std::string_view action) const;                  // of the last call that failed
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  static Result<Database> open(const std::filesystem::path& path, int flags);
  Database(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> handle_;
  std::filesystem::path path_;
};

// Compiled once, run often. Parameters and columns count from 0. Must not outlive its database.
// Texts are not copied when they are bound: they must stay as they are until the statement is done.
class Statement {
 public:
  void bind(int index, std::int64_t value);
  void bind_real(int index, double value);
  void bind(int index, std::string_view text);
  void bind(int index, std::string&& text) = delete;  // gone before the statement runs
  // Text where the bytes are UTF-8, else a blob: file names are bytes, and nothing of them may be lost.
  void bind_path(int index, std::string_view path);
  void bind_path(int index, std::string&& path) = delete;
  void bind_null(int index);

  Result<bool> step(std::string_view action);  // true: a row; false: done, and ready to be bound again
  Status run(std::string_view action);         // step() without rows
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  bool is_null(int column) const;
  std::string text(int column) const;  // the bytes of a text or a blob; empty for NULL

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  Statement(sqlite3_stmt* handle, const std::filesystem::path& path) : handle_(handle), path_(path) {}

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  std::filesystem::path path_;
};

// Rolled back unless commit() succeeded.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

bool is_utf8(std::string_view bytes);

}  // namespace segfleet
