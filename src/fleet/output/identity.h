// SPDX-License-Identifier: Apache-2.0
// What must be equal for the results of two runs to lie in one output folder.
#pragma once
#include <filesystem>

#include "fleet/ledger/ledger.h"
#include "segfleet/model.h"
#include "segfleet/options.h"

namespace segfleet {

// Everything that changes pixels. The set of files written is none of it: what is missing is computed again.
// Nor is the batch: results do not depend on it.
// `engine`: the one that runs, where options.engine is "auto".
JobIdentity identity_of(const RunOptions& options, const ModelPackage& model, const std::string& engine);

Layout layout_of(const JobIdentity& identity);

// Errors: resume_mismatch, naming each difference with both values, and the mend.
Status check_identity(const JobIdentity& earlier, const JobIdentity& now,
                      const std::filesystem::path& output);

}  // namespace segfleet
