// SPDX-License-Identifier: Apache-2.0
// The score half of restore_labels(): each resize of the trace is a real bilinear one, the last of them is
// fused with the argmax, so that planes of the picture's size are never made.
#pragma once
#include "imaging/masks/score_planes.h"
#include "imaging/preprocess/geometry.h"
#include "segfleet/image.h"

namespace segfleet {

// Requires: each crop of the trace fits (restore_labels() checks it).
void restore_scores(ScorePlanes scores, const Trace& trace, LabelMap& labels);

}  // namespace segfleet
