// SPDX-License-Identifier: Apache-2.0
// What is changed at the end of a graph, without changing its result. On the CPU OpenVINO runs ArgMax as
// TopK: 45 ms of 262 for PP-LiteSeg 512x1024 with 19 classes in f32. There the graph is cut before the
// ArgMax, and before the bilinear enlargement that feeds it; argmax.h does both in 5 ms. Elsewhere labels
// become u8 inside the graph. Thread-safety: free functions without shared state.
#pragma once
#include <memory>
#include <openvino/core/model.hpp>
#include <optional>

#include "segfleet/image.h"

namespace segfleet {

enum class Tail {
  none,             // the graph's output is the engine's
  argmax,           // the graph gives N×H×W×C scores
  upsample_argmax,  // the graph gives N×C×h×w scores, smaller than the labels
};

struct FoldedGraph {
  std::shared_ptr<ov::Model> model;
  Tail tail = Tail::none;
  int class_count = 0;         // 0 where the graph does not tell
  Size scores;                 // upsample_argmax: size of the scores
  Size labels;                 // upsample_argmax: size of the labels
  bool align_corners = false;  // upsample_argmax
};

// `cut`: the device is the CPU, so the last steps may be taken out of the graph. Changes `model`.
FoldedGraph fold_output(std::shared_ptr<ov::Model> model, bool cut);

// The graph cut before its ArgMax, and before a softmax that feeds it, so that it gives N×C×H×W f32 scores;
// as it is where it gives scores already. Nothing where it gives labels and no ArgMax is found. Changes
// `model`.
std::optional<FoldedGraph> fold_to_scores(std::shared_ptr<ov::Model> model);

}  // namespace segfleet
