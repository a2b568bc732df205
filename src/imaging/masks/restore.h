// SPDX-License-Identifier: Apache-2.0
// Network output of one item to its label map, at network size or at the picture's own size.
// Thread-safety: may be called from any thread; working memory is kept per thread.
//
// `output` is everywhere one item's part: H×W labels (u8, i32, i64; above 255 they wrap) or C×H×W f32 scores.
// Leading extents of 1 are ignored. Trace entries are undone last to first; an empty trace leaves the
// network's size.
//  - Labels are enlarged with nearest, scores with bilinear before the argmax, both bit-equal to
//    Paddle 3.2's CPU kernels of F.interpolate (align_corners False, align_mode 0).
//  - The first maximum wins. NaN never wins, as in paddle.argmax; a pixel with nothing above -FLT_MAX
//    is class 0.
// Results are reused. Errors: engine_error where type or shape does not fit the trace.
#pragma once
#include <optional>
#include <vector>

#include "imaging/preprocess/geometry.h"
#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/tensor.h"

namespace segfleet {

enum class ScoreKind {
  logits,         // output_op none: probabilities are the softmax over the classes, of one class the sigmoid
  probabilities,  // output_op softmax
};

// Probabilities are of the interpolated scores, as everything else. All but `scores` and `unknown_class` need
// scores; the default asks for nothing that labels could not give.
struct RestoreOptions {
  ScoreKind scores = ScoreKind::logits;
  bool confidence = false;   // also give the map of the winner's probability
  float min_confidence = 0;  // 0 to 1: where the winner's probability is below, the label is unknown_class
  std::uint8_t unknown_class = 255;
  // Between 0 and 1, both excluded. Two classes: class 1 where its probability is above, else class 0; at 0.5
  // that is the argmax. One class: 1 where its probability is above, else 0. Unset: the argmax.
  std::optional<float> threshold{};
  // Classes that do not exclude each other (PaddleSeg's use_multilabel): every class counts whose own
  // probability, of a logit the sigmoid, is above the threshold (unset: 0.5). The label is the sum of their
  // indices plus one each, modulo 256, and 0 where there is none: PaddleSeg's palette index. PaddleSeg
  // compares the sigmoid in float32; here the logit is compared with the threshold's own, so pixels within
  // 1e-7 of it may differ.
  bool multi_label = false;
};

struct RestoredPicture {
  LabelMap labels;
  ConfidenceMap confidence;  // where it was asked for; of NaN, and where no class won, it is 0
};

// Whether labels alone would not do.
bool needs_scores(const RestoreOptions& options);

// Errors: invalid_argument where a number is out of its range, a threshold is given and there are not one or
// two classes, several labels a pixel shall have a confidence, or scores are needed and the model gives
// labels. class_count: 0 where it is not known yet.
Status check_restore(const RestoreOptions& options, bool gives_scores, int class_count);

// Errors: also those of check_restore().
Status restore_picture(const TensorView& output, const Trace& trace, const RestoreOptions& options,
                       RestoredPicture& restored);

// The same for maps that lie elsewhere, such as in memory shared with another process: a byte for each pixel
// of restored_size(), rows without gaps.
struct RestorePlaces {
  std::uint8_t* labels;
  std::uint8_t* confidence;  // used only where it was asked for
};
Result<Size> restored_size(const TensorView& output, const Trace& trace);
Status restore_in_place(const TensorView& output, const Trace& trace, const RestoreOptions& options,
                        const RestorePlaces& places);

// restore_picture() with default options.
Status restore_labels(const TensorView& output, const Trace& trace, LabelMap& labels);

}  // namespace segfleet
