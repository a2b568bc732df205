// SPDX-License-Identifier: Apache-2.0
// Tiny graphs written as OpenVINO IR, in the shapes that PaddleSeg's exports have,
// and the packages around them.
#pragma once
#include <filesystem>
#include <openvino/core/model.hpp>

#include "segfleet/engine.h"
#include "segfleet/model.h"

namespace segfleet {

enum class GraphEnd {
  scores,                // N×C×H×W f32
  softmax,               // the same, normalised
  argmax,                // N×H×W i32
  argmax_kept,           // N×1×H×W i64
  softmax_argmax,        // N×H×W i32
  row_softmax_argmax,    // the same, normalised along W
  upsample_argmax,       // by a convolution of stride 4; 4 times larger bilinearly, then N×H×W i32
  align_corners_argmax,  // the same with align_corners
};

struct TinyGraph {
  Shape input = {-1, 3, -1, -1};
  GraphEnd end = GraphEnd::argmax;
  int classes = 5;
};

// A 3×3 convolution with fixed pseudo-random weights, then `end`.
std::shared_ptr<ov::Model> make_graph(const TinyGraph& tiny);

// Writes graph.xml and graph.bin into `folder`.
ModelPackage write_package(const std::shared_ptr<ov::Model>& model, const std::filesystem::path& folder,
                           OutputOp op = OutputOp::argmax);
ModelPackage tiny_package(const TinyGraph& tiny, const std::filesystem::path& folder,
                          OutputOp op = OutputOp::argmax);

// Pseudo-random values in [-1, 1), the same for the same seed.
Tensor random_pictures(const Shape& shape, unsigned seed = 1);

// What OpenVINO itself gives for the unchanged graph, i32 labels or f32 scores, in fp32.
ov::Tensor reference(const std::shared_ptr<ov::Model>& model, Tensor& pictures);

}  // namespace segfleet
