// SPDX-License-Identifier: Apache-2.0
// The score half of restore_picture(): each resize of the trace is a real bilinear one, the last of them is
// fused with what becomes of the scores, so that planes of the picture's size are never made. A thread keeps
// three source rows of all classes, and where a trace has two resizes the planes between them.
#pragma once
#include "imaging/masks/restore.h"
#include "imaging/masks/score_planes.h"

namespace segfleet {

// Requires: each crop of the trace fits, and check_restore() is content.
void restore_scores(const ScorePlanes& scores, const Trace& trace, const RestoreOptions& options,
                    const RestorePlaces& places);

}  // namespace segfleet
