// SPDX-License-Identifier: Apache-2.0
// The folders into which workers write. Thread-safety: one thread; blocks until the disk has them.
#pragma once
#include <vector>

#include "fleet/ledger/ledger.h"
#include "io/sink/output_layout.h"

namespace segfleet {

// Makes the folders of all results that are not done yet and fsyncs those above, once, before workers start:
// each of them may then take a folder that it finds to be durable, and has one fsync for a mask's name.
// `rows` are of `items`. What fails here fails again for the worker that writes there, which says why.
void make_result_folders(const OutputLayout& layout, const OutputFiles& files,
                         const std::vector<SourceItem>& items, const std::vector<Ledger::Entry>& rows);

}  // namespace segfleet
