// SPDX-License-Identifier: Apache-2.0
// The ledger's tables. docs/ledger.md explains every column; a change here is a new kLedgerSchema, and a
// step that brings ledgers of the one before up to it.
#pragma once
#include <filesystem>

#include "fleet/ledger/sqlite.h"

namespace segfleet {

inline constexpr int kLedgerSchema = 6;

// Opens the ledger with its tables made, its schema checked and brought up to kLedgerSchema.
// Errors: as Ledger::open().
Result<Database> open_ledger_database(const std::filesystem::path& path);

// For reading alone: nothing is changed. A ledger of an older schema looks like one of kLedgerSchema in which
// what the older one did not keep is missing; only items.classes is not there before schema 6, class_pixels
// always is. Errors: likewise; not_found.
Result<Database> open_ledger_to_read(const std::filesystem::path& path);

}  // namespace segfleet
