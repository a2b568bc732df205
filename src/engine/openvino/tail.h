// SPDX-License-Identifier: Apache-2.0
// Runs what fold.h took out of the graph, on the cores of the engine.
// Thread-safety: run() may be called on several threads at once, each with its own lane.
#pragma once
#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/openvino/argmax.h"
#include "engine/openvino/fold.h"

namespace segfleet {

class TailRunner {
 public:
  // threads: of one lane.
  TailRunner(const FoldedGraph& folded, int lanes, int threads);

  Tail kind() const { return kind_; }

  // `scores` of `items` pictures to their labels, `pixels` each.
  void run(int lane, const float* scores, std::size_t items, std::size_t pixels, std::uint8_t* labels);

 private:
  struct Lane {
    oneapi::tbb::task_arena arena;
    std::vector<UpsampleArgmax::Scratch> scratch;  // one per part
    explicit Lane(int threads) : arena(threads), scratch(static_cast<std::size_t>(threads)) {}
  };
  void run_part(Lane& lane, int part, const float* scores, std::size_t items, std::size_t pixels,
                std::uint8_t* labels);

  Tail kind_;
  int class_count_;
  std::size_t scores_per_item_;  // upsample_argmax
  std::optional<UpsampleArgmax> upsample_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace segfleet
