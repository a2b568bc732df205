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
};

// Paths are relative to `folder`. Errors: model_invalid where a file is missing or empty; model_unsupported
// for other formats and for Paddle 3's PIR graphs (model.json), with what to do instead.
Result<GraphFiles> find_graph_files(const std::filesystem::path& folder, const DeployConfig& config,
                                    std::vector<std::string>& warnings);

}  // namespace segfleet
