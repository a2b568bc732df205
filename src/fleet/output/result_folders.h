// SPDX-License-Identifier: Apache-2.0
// The folders into which workers write. Thread-safety: one thread; blocks until the disk has them.
#pragma once
#include <vector>

#include "fleet/ledger/ledger.h"
#include "io/sink/output_layout.h"
#include "segfleet/error.h"

namespace segfleet {

// Makes the folders of all results that are not done yet and fsyncs those above, once, before workers start:
// each of them may then take a folder that it finds to be durable, and has one fsync for a mask's name.
// `rows` are of `items`. A folder that cannot be made is its worker's to report; one that cannot be synced
// ends the run, since the disk tells of it only once. Errors: permission_denied, no_space, io_error.
Status make_result_folders(const OutputLayout& layout, const OutputFiles& files,
                           const std::vector<SourceItem>& items, const std::vector<Ledger::Entry>& rows);

}  // namespace segfleet
