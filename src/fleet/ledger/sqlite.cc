// SPDX-License-Identifier: Apache-2.0
#include "fleet/ledger/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_error.h"

namespace segfleet {
namespace {

constexpr const char* kMakeRoom = "; make room and run the same command again";
constexpr int kBusyTimeoutMs = 5000;  // a person's own transaction on the ledger may hold it for a moment

Error sqlite_error(sqlite3* handle, const std::filesystem::path& path, std::string_view action) {
  const int result = handle == nullptr ? SQLITE_NOMEM : sqlite3_errcode(handle);
  int system = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  std::string message = fmt::format("cannot {} {}: {}", action, path.native(),
                                    handle == nullptr ? "out of memory" : sqlite3_errmsg(handle));
  switch (result & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::no_space, message + kMakeRoom};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::permission_denied, message + "; make the folder and the file writable"};
    case SQLITE_NOMEM:
      return {ErrorCode::out_of_memory, message};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::ledger_error,
              message + "; move it away, or use --restart to set it aside and start anew"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::ledger_error, message + "; another program holds it: close that and run again"};
    case SQLITE_CANTOPEN:
      // SQLite tries again for reading only, and what it says is about that.
      if (::eaccess(path.parent_path().c_str(), W_OK | X_OK) != 0) system = errno;
      break;
    default:
      break;
  }
  if (system == EFBIG) return errno_error(system, message);
  if (system == ENOSPC || system == EDQUOT) return {ErrorCode::no_space, message + kMakeRoom};
  if (system == EACCES || system == EPERM || system == EROFS)
    return {ErrorCode::permission_denied, message + "; make the folder and the file writable"};
  return {ErrorCode::ledger_error, message};
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}
void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Result<Database> Database::open(const std::filesystem::path& path) {
  return open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<Database> Database::open_to_read(const std::filesystem::path& path) {
  return open(path, SQLITE_OPEN_READONLY);
}

Result<Database> Database::open(const std::filesystem::path& path, int flags) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle, path);  // SQLite gives a handle to close even where opening failed
  if (result != SQLITE_OK) return database.error("open the ledger");
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Error Database::error(std::string_view action) const {
  return sqlite_error(handle_.get(), path_, action);
}

std::int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

Status Database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return error("write the ledger");
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK)
    return error("read the ledger");
  return Statement(statement, path_);
}

Result<std::string> Database::query_text(std::string_view sql) const {
  Result<Statement> statement = prepare(sql);
  SEGFLEET_RETURN_IF_ERROR(statement);
  const Result<bool> row = statement->step("read the ledger");
  SEGFLEET_RETURN_IF_ERROR(row);
  return row.value() ? statement->text(0) : std::string();
}

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), index + 1, value);
}
void Statement::bind_real(int index, double value) {
  sqlite3_bind_double(handle_.get(), index + 1, value);
}
void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(handle_.get(), index + 1, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}
void Statement::bind_path(int index, std::string_view path) {
  if (is_utf8(path)) return bind(index, path);
  sqlite3_bind_blob(handle_.get(), index + 1, path.data(), static_cast<int>(path.size()), SQLITE_STATIC);
}
void Statement::bind_null(int index) {
  sqlite3_bind_null(handle_.get(), index + 1);
}

Result<bool> Statement::step(std::string_view action) {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    sqlite3_reset(handle_.get());
    return false;
  }
  Error error = sqlite_error(sqlite3_db_handle(handle_.get()), path_, action);
  sqlite3_reset(handle_.get());
  return error;
}

Status Statement::run(std::string_view action) {
  const Result<bool> row = step(action);
  if (!row.ok()) return row.error();
  if (row.value()) reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}
std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Result<Transaction> Transaction::begin(Database& database) {
  SEGFLEET_RETURN_IF_ERROR(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // Where SQLite has already rolled back by itself, this fails without harm.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK").ok();
}

Status Transaction::commit() {
  SEGFLEET_RETURN_IF_ERROR(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

bool is_utf8(std::string_view bytes) {
  // RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
  for (std::size_t i = 0; i < bytes.size();) {
    const auto at = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u;
    };
    const unsigned lead = at(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((at(k) & 0xc0) != 0x80) return false;
    if ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f)) return false;
    if ((lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f)) return false;
    i += length;
  }
  return true;
}

}  // namespace segfleet
