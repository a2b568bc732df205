// SPDX-License-Identifier: Apache-2.0
// The `transforms` list of a deploy.yaml. Thread-safety: free of state.
#pragma once
#include <vector>

#include "model/yaml_tree.h"
#include "segfleet/error.h"
#include "segfleet/model.h"

namespace segfleet {

// `list`: the value of Deploy.transforms; nullptr where it is null or missing, which means no transform.
// Defaults are PaddleSeg's. Errors: model_invalid (wrong type or range, a key that the transform does not
// have: it could change pixels), model_unsupported (a transform or a value that segfleet does not run, with
// what it does).
Result<std::vector<Transform>> read_transforms(const YamlNode* list);

}  // namespace segfleet
