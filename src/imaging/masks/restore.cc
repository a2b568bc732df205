// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/restore.h"

#include <fmt/format.h>

#include <limits>

#include "imaging/masks/restore_indices.h"
#include "imaging/masks/restore_scores.h"

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

}  // namespace

Status restore_labels(const TensorView& output, const Trace& trace, LabelMap& labels) {
  const bool scores = output.type == ElementType::f32;
  const Shape shape = trimmed(output.shape, scores ? 3 : 2);
  if (shape.size() != (scores ? 3U : 2U))
    return misfit(output,
                  scores ? "scores must be classes x height x width" : "labels must be height x width");
  for (const std::int64_t extent : shape) {
    if (extent < 1 || extent > std::numeric_limits<int>::max())
      return misfit(output, "an extent is out of range");
  }
  const Size size{static_cast<int>(shape[shape.size() - 1]), static_cast<int>(shape[shape.size() - 2])};
  if (!trace_fits(size, trace))
    return misfit(output, "it is smaller than the picture that the network was given");
  if (scores) {
    const std::size_t width = size.width;
    restore_scores({static_cast<const float*>(output.data), static_cast<int>(shape[0]), size, width,
                    width * size.height},
                   trace, labels);
  } else {
    restore_indices(output, size, trace, labels);
  }
  return {};
}

}  // namespace segfleet
