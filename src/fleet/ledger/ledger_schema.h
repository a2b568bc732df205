// SPDX-License-Identifier: Apache-2.0
// The ledger's tables. docs/ledger.md explains every column; a change here is a new kLedgerSchema, and a
// step that brings ledgers of the one before up to it.
#pragma once
#include <filesystem>

#include "fleet/ledger/sqlite.h"

namespace segfleet {

inline constexpr int kLedgerSchema = 2;

// Opens the ledger with its tables made and its schema checked. Errors: as Ledger::open().
Result<Database> open_ledger_database(const std::filesystem::path& path);

}  // namespace segfleet
