// SPDX-License-Identifier: Apache-2.0
// Network output of one item to its label map, at network size or at the picture's own size.
// Thread-safety: may be called from any thread; working memory is kept per thread.
#pragma once
#include "imaging/preprocess/geometry.h"
#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/tensor.h"

namespace segfleet {

// `output` is one item's part: H×W labels (u8, i32, i64; above 255 they wrap) or C×H×W f32 scores. Leading
// extents of 1 are ignored. Trace entries are undone last to first; an empty trace leaves the network's size.
//  - Labels are enlarged with nearest, scores with bilinear before the argmax, both bit-equal to
//    Paddle 3.2's CPU kernels of F.interpolate (align_corners False, align_mode 0).
//  - The first maximum wins. NaN never wins, as in paddle.argmax; a pixel with nothing above -FLT_MAX
//    is class 0.
// `labels` is reused. Errors: engine_error where type or shape does not fit the trace.
Status restore_labels(const TensorView& output, const Trace& trace, LabelMap& labels);

}  // namespace segfleet
