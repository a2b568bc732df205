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
  while (trimmed.size() > rank && trimmed.front() == 1) trimmed.erase(0);
  return trimmed;
}

bool is_positive(Size size) {
  return size.width > 0 && size.height > 0;
}

// Walks the trace back with sizes alone; nothing where it does not fit.
std::optional<Size> walk_back(Size size, const Trace& trace) {
  for (auto entry = trace.rbegin(); entry != trace.rend(); ++entry) {
    if (const auto* resized = std::get_if<ResizedFrom>(&*entry)) {
      if (!is_positive(resized->size)) return std::nullopt;
      size = resized->size;
    } else {
      const Size inner = std::get<PaddedFrom>(*entry).size;
      if (!is_positive(inner) || inner.width > size.width || inner.height > size.height) return std::nullopt;
      size = inner;
    }
  }
  return size;
}

Size size_of(const Shape& shape) {
  return {static_cast<int>(shape[shape.size() - 1]), static_cast<int>(shape[shape.size() - 2])};
}

// H×W of labels, C×H×W of scores. Errors: engine_error.
Result<Shape> map_shape(const TensorView& output) {
  const std::size_t rank = output.type == ElementType::f32 ? 3 : 2;
  Shape shape = trimmed(output.shape, rank);
  if (shape.size() != rank)
    return misfit(output,
                  rank == 3 ? "scores must be classes x height x width" : "labels must be height x width");
  for (const std::int64_t extent : shape) {
    if (extent < 1 || extent > std::numeric_limits<int>::max())
      return misfit(output, "an extent is out of range");
  }
  return shape;
}

// One item's scores as planes.
ScorePlanes score_planes(const TensorView& output, const Shape& shape) {
  const Size size = size_of(shape);
  const std::size_t width = size.width;
  return {static_cast<const float*>(output.data), static_cast<int>(shape[0]), size, width,
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

bool needs_scores(const RestoreOptions& options) {
  return options.confidence || options.min_confidence > 0 || options.threshold || options.multi_label;
}

Status check_restore(const RestoreOptions& options, bool gives_scores, int class_count) {
  if (!(options.min_confidence >= 0 && options.min_confidence <= 1))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the minimum confidence {} is not between 0 and 1", options.min_confidence)};
  if (options.threshold && !is_threshold(*options.threshold)) return no_threshold(*options.threshold);
  const bool wants_confidence = options.confidence || options.min_confidence > 0;
  if (options.multi_label && wants_confidence)
    return Error{
        ErrorCode::invalid_argument,
        "with several labels a pixel there is no one confidence: leave out either --multi-label or the "
        "confidence"};
  if (!needs_scores(options)) return {};
  if (!gives_scores)
    return Error{
        ErrorCode::invalid_argument,
        "confidence, threshold and multi-label need the network's scores, and this graph gives labels only: "
        "use --restore logits, or export the model with --output_op softmax or none"};
  if (options.threshold && !options.multi_label && class_count > 2)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a threshold is for models of one or two classes, and this one has {}: leave "
                             "--threshold out, or use --min-confidence",
                             class_count)};
  return {};
}

Result<Size> restored_size(const TensorView& output, const Trace& trace) {
  const Result<Shape> shape = map_shape(output);
  SEGFLEET_RETURN_IF_ERROR(shape);
  const std::optional<Size> size = walk_back(size_of(*shape), trace);
  if (!size) return misfit(output, "it is smaller than the picture that the network was given");
  return *size;
}

Status restore_in_place(const TensorView& output, const Trace& trace, const RestoreOptions& options,
                        const RestorePlaces& places) {
  SEGFLEET_RETURN_IF_ERROR(restored_size(output, trace));
  const Shape shape = *map_shape(output);
  const bool gives_scores = output.type == ElementType::f32;
  SEGFLEET_RETURN_IF_ERROR(
      check_restore(options, gives_scores, gives_scores ? static_cast<int>(shape[0]) : 0));
  if (gives_scores)
    restore_scores(score_planes(output, shape), trace, options, places);
  else
    restore_indices(output, size_of(shape), trace, places.labels);
  return {};
}

Status restore_picture(const TensorView& output, const Trace& trace, const RestoreOptions& options,
                       RestoredPicture& restored) {
  const Result<Size> size = restored_size(output, trace);
  SEGFLEET_RETURN_IF_ERROR(size);
  const std::size_t pixels = static_cast<std::size_t>(size->width) * static_cast<std::size_t>(size->height);
  restored.labels.size = *size;
  restored.labels.labels.resize(pixels);
  restored.confidence.size = options.confidence ? *size : Size{};
  restored.confidence.levels.resize(options.confidence ? pixels : 0);
  return restore_in_place(output, trace, options,
                          {restored.labels.labels.data(), restored.confidence.levels.data()});
}

Status restore_labels(const TensorView& output, const Trace& trace, LabelMap& labels) {
  RestoredPicture restored;
  restored.labels = std::move(labels);  // its memory is kept
  const Status status = restore_picture(output, trace, {}, restored);
  labels = std::move(restored.labels);
  return status;
}

}  // namespace segfleet
