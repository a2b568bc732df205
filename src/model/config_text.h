// SPDX-License-Identifier: Apache-2.0
// A package's configuration as text again, for a package whose graph was converted. Thread-safety: free of
// state.
#pragma once
#include <string>

#include "segfleet/model.h"

namespace segfleet {

// A deploy.yaml for `package` with another graph; for a PaddleX package (package.paddlex) an inference.yml,
// whose graph must be called inference.onnx. Read again it gives the same transforms, shape and output.
std::string config_text(const ModelPackage& package, const std::string& graph_name);

}  // namespace segfleet
