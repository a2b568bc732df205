// SPDX-License-Identifier: Apache-2.0
// The text of a deploy.yaml or inference.yml, read and checked; no other file is touched.
// Thread-safety: free of state.
#pragma once
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/model.h"
#include "segfleet/tensor.h"

namespace segfleet {

struct DeployConfig {
  std::string model;   // as written
  std::string params;  // as written; empty where it says nothing
  Shape input_shape;
  std::vector<Transform> transforms;
  OutputOp output_op = OutputOp::argmax;
  bool output_op_said = true;
  std::string output_dtype;
  bool paddlex = false;  // `model` and `params` are empty then: PaddleX's file names are fixed
  std::vector<std::string> warnings;
};

enum class ConfigFile {
  deploy_yaml,    // PaddleSeg's, under any name but the next
  inference_yml,  // PaddleX's where Global.model_name is there, else PaddleSeg's
};

// Errors: model_invalid, model_unsupported; the message names the line and the key, not the file.
Result<DeployConfig> read_deploy_config(const std::string& text, ConfigFile file = ConfigFile::deploy_yaml);

}  // namespace segfleet
