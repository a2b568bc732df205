// SPDX-License-Identifier: Apache-2.0
// Which files hold a package's graph and weights. Thread-safety: free of state.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "model/deploy_config.h"
#include "segfleet/error.h"
#include "segfleet/model.h"

namespace segfleet {

struct GraphFiles {
  std::filesystem::path graph;
  std::filesystem::path weights;  // empty where the graph file holds them
  GraphFormat format = GraphFormat::onnx;
  bool pir = false;
};

// Paths are relative to `folder`. Where the configuration names X.pdmodel and only X.json lies there, that is
// taken without a word: PaddleSeg's export names .pdmodel whichever of the two Paddle has written.
// Errors: model_invalid where a file is missing or empty; model_unsupported for other formats.
Result<GraphFiles> find_graph_files(const std::filesystem::path& folder, const DeployConfig& config,
                                    std::vector<std::string>& warnings);

}  // namespace segfleet
