// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/restore_scores.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace segfleet {
namespace {

constexpr int kBandRows = 8;  // best score and class of so many rows stay in the second-level cache

// A resize that waits: crops that follow it make `visible` smaller than `to`.
struct PendingResize {
  Size to;
  Size visible;
};

struct Scratch {
  RowInterpolator interpolator;
  std::array<std::vector<float>, 2> planes;  // between two resizes of one trace
  std::vector<float> row;
  std::vector<float> best;
  std::vector<std::int32_t> best_class;
};

void resize_planes(ScorePlanes& scores, const PendingResize& resize, Scratch& scratch) {
  std::vector<float>& target =
      scratch.planes[scores.data == scratch.planes[0].data() ? 1 : 0];  // never the one that is read
  const std::size_t width = resize.visible.width;
  const std::size_t plane = width * resize.visible.height;
  target.resize(plane * scores.classes);
  scratch.interpolator.start(scores.size, resize.to, resize.visible);
  for (int c = 0; c < scores.classes; ++c) {
    for (int y = 0; y < resize.visible.height; ++y) {
      scratch.interpolator.row(scores, c, y, target.data() + c * plane + y * width);
    }
  }
  scores = {target.data(), scores.classes, resize.visible, width, plane};
}

void keep_larger(const float* values, std::int32_t c, float* best, std::int32_t* best_class,
                 std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool larger = values[i] > best[i];
    best[i] = larger ? values[i] : best[i];
    best_class[i] = larger ? c : best_class[i];
  }
}

// One band of rows, all classes. `row_of(c, y)` gives a row of class scores.
template <typename RowOf>
void argmax_band(int classes, int first_row, int rows, std::size_t width, RowOf row_of, Scratch& scratch,
                 std::uint8_t* labels) {
  std::fill_n(scratch.best.data(), width * rows, std::numeric_limits<float>::lowest());
  std::fill_n(scratch.best_class.data(), width * rows, 0);
  for (int c = 0; c < classes; ++c) {
    for (int y = 0; y < rows; ++y) {
      keep_larger(row_of(c, first_row + y), c, scratch.best.data() + y * width,
                  scratch.best_class.data() + y * width, width);
    }
  }
  for (std::size_t i = 0; i < width * rows; ++i) labels[i] = static_cast<std::uint8_t>(scratch.best_class[i]);
}

template <typename RowOf>
void argmax(int classes, Size size, RowOf row_of, Scratch& scratch, LabelMap& labels) {
  const std::size_t width = size.width;
  labels.size = size;
  labels.labels.resize(width * size.height);
  scratch.best.resize(width * kBandRows);
  scratch.best_class.resize(width * kBandRows);
  for (int y = 0; y < size.height; y += kBandRows) {
    argmax_band(classes, y, std::min(kBandRows, size.height - y), width, row_of, scratch,
                labels.labels.data() + y * width);
  }
}

void argmax_of_resized(const ScorePlanes& scores, const PendingResize& resize, Scratch& scratch,
                       LabelMap& labels) {
  scratch.interpolator.start(scores.size, resize.to, resize.visible);
  scratch.row.resize(resize.visible.width);
  const auto row_of = [&](int c, int y) {
    scratch.interpolator.row(scores, c, y, scratch.row.data());
    return scratch.row.data();
  };
  argmax(scores.classes, resize.visible, row_of, scratch, labels);
}

}  // namespace

void restore_scores(ScorePlanes scores, const Trace& trace, LabelMap& labels) {
  thread_local Scratch scratch;  // kept, so that a run of equal sizes allocates nothing
  std::optional<PendingResize> pending;
  for (auto entry = trace.rbegin(); entry != trace.rend(); ++entry) {
    if (const auto* padded = std::get_if<PaddedFrom>(&*entry)) {
      (pending ? pending->visible : scores.size) = padded->size;
      continue;
    }
    const Size to = std::get<ResizedFrom>(*entry).size;
    if (to == (pending ? pending->visible : scores.size)) continue;  // Paddle copies
    if (pending) resize_planes(scores, *pending, scratch);
    pending = PendingResize{to, to};
  }
  if (pending) {
    argmax_of_resized(scores, *pending, scratch, labels);
  } else {
    argmax(scores.classes, scores.size, [&](int c, int y) { return scores.row(c, y); }, scratch, labels);
  }
}

}  // namespace segfleet
