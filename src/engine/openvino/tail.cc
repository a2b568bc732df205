// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/tail.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>

namespace segfleet {

TailRunner::TailRunner(const FoldedGraph& folded, int lanes, int threads)
    : kind_(folded.tail),
      class_count_(folded.class_count),
      scores_per_item_(static_cast<std::size_t>(folded.class_count) * folded.scores.width *
                       folded.scores.height) {
  if (kind_ == Tail::none) return;
  if (kind_ == Tail::upsample_argmax)
    upsample_.emplace(folded.class_count, folded.scores.height, folded.scores.width, folded.labels.height,
                      folded.labels.width, folded.align_corners);
  for (int lane = 0; lane < lanes; ++lane) lanes_.push_back(std::make_unique<Lane>(std::max(1, threads)));
}

void TailRunner::run(int lane, const float* scores, std::size_t items, std::size_t pixels,
                     std::uint8_t* labels) {
  Lane& own = *lanes_[static_cast<std::size_t>(lane)];
  const int parts = static_cast<int>(own.scratch.size());
  if (parts == 1) {
    run_part(own, 0, scores, items, pixels, labels);
    return;
  }
  own.arena.execute([&] {
    oneapi::tbb::parallel_for(0, parts,
                              [&](int part) { run_part(own, part, scores, items, pixels, labels); });
  });
}

// The part-th share of the rows, or of the pixels.
void TailRunner::run_part(Lane& lane, int part, const float* scores, std::size_t items, std::size_t pixels,
                          std::uint8_t* labels) {
  const std::size_t parts = lane.scratch.size();
  const auto index = static_cast<std::size_t>(part);
  if (kind_ == Tail::argmax) {
    const std::size_t all = items * pixels;
    const std::size_t first = all * index / parts;
    const std::size_t last = all * (index + 1) / parts;
    argmax_channels_last(scores + first * static_cast<std::size_t>(class_count_), last - first, class_count_,
                         labels + first);
    return;
  }
  const auto height = static_cast<std::size_t>(upsample_->out_height());
  const auto first = static_cast<int>(height * index / parts);
  const auto last = static_cast<int>(height * (index + 1) / parts);
  for (std::size_t item = 0; item < items; ++item)
    upsample_->run(scores + item * scores_per_item_, first, last, labels + item * pixels,
                   lane.scratch[index]);
}

}  // namespace segfleet
