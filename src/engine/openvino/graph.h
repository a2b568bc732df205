// SPDX-License-Identifier: Apache-2.0
// The graph of a model package: read, checked against what segfleet feeds and expects, and given its shape.
// Thread-safety: free functions without shared state.
#pragma once
#include <filesystem>
#include <memory>
#include <openvino/core/model.hpp>
#include <optional>
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/model.h"
#include "segfleet/tensor.h"

namespace segfleet {

struct Graph {
  std::shared_ptr<ov::Model> model;  // one input; one output: number 0 of the file's
  std::string input_name;
  std::string output_name;
  Shape input_shape;  // as the file says, -1 where it is open
  std::vector<std::string> notes;
};

// Errors: model_invalid (cannot be read, or contradicts deploy.yaml), model_unsupported (sound, but not a
// network with one N×3×H×W f32 input and labels or scores as output 0).
Result<Graph> read_graph(const ModelPackage& package);

// The size that every picture has after the transforms, where they give all pictures one size.
std::optional<Size> fixed_network_size(const std::vector<Transform>& transforms);

// Height and width that the graph will run with; -1 each where pictures of several sizes may come.
// Errors: model_invalid where the transforms contradict the graph.
Result<Size> network_size(const Graph& graph, const ModelPackage& package);

// A copy of the graph for batch×3×size; -1: open. Errors: invalid_argument naming --batch where the graph
// allows only batch 1, model_unsupported where it cannot take the shape.
Result<std::shared_ptr<ov::Model>> with_shape(const Graph& graph, int batch, Size size);

// Output 0's height and width must be the input's, as far as they are known; with sides that are open, as for
// a picture of 512x512. `model`: as with_shape() gives it for this batch and size. Errors: model_unsupported.
Status check_output_size(const Graph& graph, const ov::Model& model, int batch, Size size,
                         const std::filesystem::path& file);

// True where output 0 holds class indices (N×H×W or N×1×H×W), false where it holds scores (N×C×H×W).
bool gives_labels(const ov::Model& model);

Shape to_shape(const ov::PartialShape& shape);  // requires: its rank is known

}  // namespace segfleet
