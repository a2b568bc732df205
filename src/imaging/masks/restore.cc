// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/restore.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "imaging/masks/restore_indices.h"
#include "imaging/masks/restore_scores.h"
#include "imaging/masks/threshold.h"

namespace segfleet {
namespace {

Error misfit(const TensorView& output, std::string_view why) {
  return {ErrorCode::engine_error,
          fmt::format("the network's output {} {} cannot become a label map: {}; check the model's output_op",
                      name_of(output.type), to_string(output.shape), why)};
}

// Without leading extents of 1, down to `rank`.
Shape trimmed(const Shape& shape, std::size_t rank) {
  Shape trimmed = shape;
  while (trimmed.size() > rank && trimmed.front() == 1) trimmed.erase(trimmed.begin());
  return trimmed;
}

bool is_positive(Size size) {
  return size.width > 0 && size.height > 0;
}

// Walks the trace back with sizes alone.
bool trace_fits(Size size, const Trace& trace) {
  for (auto entry = trace.rbegin(); entry != trace.rend(); ++entry) {
    if (const auto* resized = std::get_if<ResizedFrom>(&*entry)) {
      if (!is_positive(resized->size)) return false;
      size = resized->size;
    } else {
      const Size inner = std::get<PaddedFrom>(*entry).size;
      if (!is_positive(inner) || inner.width > size.width || inner.height > size.height) return false;
      size = inner;
    }
  }
  return true;
}

Size size_of(const Shape& shape) {
  return {static_cast<int>(shape[shape.size() - 1]), static_cast<int>(shape[shape.size() - 2])};
}

Status check_extents(const TensorView& output, const Shape& shape, const Trace& trace) {
  for (const std::int64_t extent : shape) {
    if (extent < 1 || extent > std::numeric_limits<int>::max())
      return misfit(output, "an extent is out of range");
  }
  if (!trace_fits(size_of(shape), trace))
    return misfit(output, "it is smaller than the picture that the network was given");
  return {};
}

// One item's scores as planes. Errors: engine_error.
Result<ScorePlanes> score_planes(const TensorView& output, const Trace& trace) {
  const Shape shape = trimmed(output.shape, 3);
  if (shape.size() != 3) return misfit(output, "scores must be classes x height x width");
  SEGFLEET_RETURN_IF_ERROR(check_extents(output, shape, trace));
  const Size size = size_of(shape);
  const std::size_t width = size.width;
  return ScorePlanes{static_cast<const float*>(output.data), static_cast<int>(shape[0]), size, width,
                     width * size.height};
}

bool is_threshold(float value) {
  return value > 0 && value < 1;
}

Error no_threshold(float value) {
  return {ErrorCode::invalid_argument,
          fmt::format("the threshold {} is not between 0 and 1, both excluded", value)};
}

}  // namespace

Status check_restore(const RestoreOptions& options, bool gives_scores, int class_count) {
  if (!(options.min_confidence >= 0 && options.min_confidence <= 1))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the minimum confidence {} is not between 0 and 1", options.min_confidence)};
  if (options.threshold && !is_threshold(*options.threshold)) return no_threshold(*options.threshold);
  if (!options.confidence && options.min_confidence == 0 && !options.threshold) return {};
  if (!gives_scores)
    return Error{ErrorCode::model_unsupported,
                 "confidence and threshold need the network's scores, and this model gives labels only "
                 "(output_op argmax): use --restore logits, or export it with --output_op softmax or none"};
  if (options.threshold && class_count > 2)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a threshold is for models of one or two classes, and this one has {}: leave "
                             "--threshold out, or use --min-confidence",
                             class_count)};
  return {};
}

Status restore_picture(const TensorView& output, const Trace& trace, const RestoreOptions& options,
                       RestoredPicture& restored) {
  if (output.type != ElementType::f32) {
    SEGFLEET_RETURN_IF_ERROR(check_restore(options, false, 0));
    const Shape shape = trimmed(output.shape, 2);
    if (shape.size() != 2) return misfit(output, "labels must be height x width");
    SEGFLEET_RETURN_IF_ERROR(check_extents(output, shape, trace));
    restore_indices(output, size_of(shape), trace, restored.labels);
    return {};
  }
  const Result<ScorePlanes> planes = score_planes(output, trace);
  SEGFLEET_RETURN_IF_ERROR(planes);
  SEGFLEET_RETURN_IF_ERROR(check_restore(options, true, planes->classes));
  restore_scores(*planes, trace, options, restored);
  return {};
}

Status restore_labels(const TensorView& output, const Trace& trace, LabelMap& labels) {
  RestoredPicture restored;
  restored.labels = std::move(labels);  // its memory is kept
  const Status status = restore_picture(output, trace, {}, restored);
  labels = std::move(restored.labels);
  return status;
}

Status restore_multi_label(const TensorView& output, const Trace& trace, ScoreKind scores, float threshold,
                           std::vector<LabelMap>& maps) {
  if (!is_threshold(threshold)) return no_threshold(threshold);
  if (output.type != ElementType::f32) return misfit(output, "several labels a pixel need scores");
  const Result<ScorePlanes> planes = score_planes(output, trace);
  SEGFLEET_RETURN_IF_ERROR(planes);
  restore_each_class(*planes, trace, score_at(threshold, scores), maps);
  return {};
}

}  // namespace segfleet
