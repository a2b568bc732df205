// SPDX-License-Identifier: Apache-2.0
// Network output of one item to its label map, at network size or at the picture's own size.
#pragma once
#include "imaging/preprocess.h"
#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/tensor.h"

namespace segfleet {

// `output` is one item's part: H×W labels (u8, i32, i64) or C×H×W f32 scores.
// Labels are enlarged with nearest (F.interpolate mode nearest); scores with bilinear, align_corners false,
// before the argmax (first maximum wins, as numpy and paddle do). Trace entries are undone last to first; an
// empty trace leaves the network's size. `labels` is reused. Errors: engine_error where the shape does not
// fit the trace.
Status restore_labels(const TensorView& output, const Trace& trace, LabelMap& labels);

}  // namespace segfleet
