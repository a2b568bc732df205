// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/restore_scores.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "imaging/masks/packed_rows.h"
#include "imaging/masks/threshold.h"

namespace segfleet {
namespace {

// The trace's last resize: crops that follow it make `visible` smaller than `to`.
struct LastResize {
  Size to;
  Size visible;
};

struct Scratch {
  RowInterpolator interpolator;
  std::array<std::vector<float>, 2> planes;  // between two resizes of one trace
  ColumnPlan plan;
  LinearTaps rows;
  PackedRows packed;
  std::array<std::vector<std::uint8_t>, 2> labels;  // of one row, up to whole vectors
  std::array<std::vector<float>, 2> best;
  std::vector<float> sums;
  std::vector<std::uint8_t> levels;
  std::vector<float> values;        // one row of all classes
  std::vector<float> class_values;  // one vector of all classes
};

void resize_planes(ScorePlanes& scores, const LastResize& resize, Scratch& scratch) {
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

// Walks the trace up to its last resize, which is left to be fused; nothing where there is none.
std::optional<LastResize> undo_all_but_last(ScorePlanes& scores, const Trace& trace, Scratch& scratch) {
  std::optional<LastResize> pending;
  for (auto entry = trace.rbegin(); entry != trace.rend(); ++entry) {
    if (const auto* padded = std::get_if<PaddedFrom>(&*entry)) {
      (pending ? pending->visible : scores.size) = padded->size;
      continue;
    }
    const Size to = std::get<ResizedFrom>(*entry).size;
    if (to == (pending ? pending->visible : scores.size)) continue;  // Paddle copies
    if (pending) resize_planes(scores, *pending, scratch);
    pending = LastResize{to, to};
  }
  return pending;
}

// One axis of rows that are taken as they are.
void same_rows(int height, LinearTaps& rows) {
  const auto count = static_cast<std::size_t>(height);
  rows.first.resize(count);
  for (int y = 0; y < height; ++y) rows.first[static_cast<std::size_t>(y)] = y;
  rows.second = rows.first;
  rows.first_weight.assign(count, 1.0F);
  rows.second_weight.assign(count, 0.0F);
}

// Calls visit(pair, first_row, last_row) for all target rows, those between the same two source rows
// together.
template <typename Visit>
void for_each_pair(const ScorePlanes& scores, const std::optional<LastResize>& resize, Scratch& scratch,
                   Visit visit) {
  const Size size = resize ? resize->visible : scores.size;
  LinearTaps& rows = scratch.rows;
  if (resize) {
    scratch.plan.start(scores.size.width, resize->to.width, size.width);
    linear_taps(scores.size.height, resize->to.height, rows);
  } else {
    scratch.plan.start_same(size.width);
    same_rows(size.height, rows);
  }
  scratch.packed.start(scores, scratch.plan.columns / kLanes);
  const auto height = static_cast<std::size_t>(size.height);
  for (std::size_t y = 0; y < height;) {
    std::size_t end = y + 1;
    while (end < height && rows.first[end] == rows.first[y] && rows.second[end] == rows.second[y]) ++end;
    const int next = end < height ? rows.second[end] : -1;
    visit(scratch.packed.pair(rows.first[y], rows.second[y], next), y, end);
    y = end;
  }
}

// What becomes of the scores of one picture.
class Restoring {
 public:
  Restoring(const RestoreOptions& options, int width, int classes, Scratch& scratch,
            const RestorePlaces& places)
      : options_(options), scratch_(scratch), places_(places), columns_(static_cast<std::size_t>(width)) {
    // At one half, two classes are decided by the argmax.
    thresholds_ = options.multi_label || (options.threshold && (classes == 1 || *options.threshold != 0.5F));
    needs_probability_ = options.confidence || options.min_confidence > 0;
    const std::size_t filled = (columns_ + kLanes - 1) / kLanes * kLanes;
    for (std::size_t i = 0; i < 2; ++i) {
      scratch.labels[i].resize(filled);
      scratch.best[i].resize(filled);
    }
    scratch.sums.resize(filled);
    scratch.levels.resize(filled);
    if (thresholds_) scratch.values.resize(filled * static_cast<std::size_t>(classes));
    scratch.class_values.resize(kLanes * static_cast<std::size_t>(classes));
  }

  void rows(const SourcePair& pair, std::size_t first, std::size_t last) {
    if (thresholds_ || (needs_probability_ && options_.scores == ScoreKind::logits)) {
      for (std::size_t y = first; y < last; ++y) one_row(pair, y);
      return;
    }
    for (std::size_t y = first; y < last; y += 2) two_rows(pair, y, std::min<std::size_t>(2, last - y));
  }

 private:
  TargetRow target(std::size_t y, std::size_t place) {
    return {scratch_.rows.first_weight[y], scratch_.rows.second_weight[y], scratch_.labels[place].data(),
            scratch_.best[place].data(),   scratch_.sums.data(),           scratch_.values.data()};
  }

  void two_rows(const SourcePair& pair, std::size_t y, std::size_t count) {
    std::array<TargetRow, 2> targets;
    for (std::size_t i = 0; i < count; ++i) targets[i] = target(y + i, i);
    argmax_of_blend(pair, scratch_.plan, std::span(targets).first(count), scratch_.packed);
    for (std::size_t i = 0; i < count; ++i) keep(y + i, targets[i].labels, targets[i].best);
  }

  // Where a row needs more than its best scores.
  void one_row(const SourcePair& pair, std::size_t y) {
    const TargetRow row = target(y, 0);
    if (thresholds_) {
      values_of_blend(pair, scratch_.plan, row, scratch_.packed);
      if (options_.multi_label)
        multi_label_row(row.values, pair.classes, scratch_.plan.columns, columns_,
                        score_at(options_.threshold.value_or(0.5F), options_.scores), row.labels);
      else
        threshold_row(row.values, pair.classes, scratch_.plan.columns, columns_, options_.scores,
                      *options_.threshold, row.labels, row.best);
    } else {
      sums_of_blend(pair, scratch_.plan, row, scratch_.class_values.data(), scratch_.packed);
      invert_row(row.sums, columns_, row.best);
    }
    keep(y, row.labels, row.best);
  }

  void keep(std::size_t y, std::uint8_t* labels, const float* probabilities) {
    if (options_.min_confidence > 0)
      mark_unknown_row(probabilities, columns_, options_.min_confidence, options_.unknown_class, labels);
    std::memcpy(places_.labels + y * columns_, labels, columns_);
    if (options_.confidence) {
      level_row(probabilities, columns_, scratch_.levels.data());
      std::memcpy(places_.confidence + y * columns_, scratch_.levels.data(), columns_);
    }
  }

  const RestoreOptions& options_;
  Scratch& scratch_;
  const RestorePlaces places_;
  std::size_t columns_;
  bool thresholds_ = false;
  bool needs_probability_ = false;
};

Scratch& thread_scratch() {
  thread_local Scratch scratch;  // kept, so that a run of equal sizes allocates nothing
  return scratch;
}

}  // namespace

void restore_scores(const ScorePlanes& scores, const Trace& trace, const RestoreOptions& options,
                    const RestorePlaces& places) {
  Scratch& scratch = thread_scratch();
  ScorePlanes last = scores;
  const std::optional<LastResize> resize = undo_all_but_last(last, trace, scratch);
  Restoring restoring(options, resize ? resize->visible.width : last.size.width, last.classes, scratch,
                      places);
  for_each_pair(last, resize, scratch, [&](const SourcePair& pair, std::size_t first, std::size_t end) {
    restoring.rows(pair, first, end);
  });
}

}  // namespace segfleet
