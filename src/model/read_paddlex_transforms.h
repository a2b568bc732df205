// SPDX-License-Identifier: Apache-2.0
// The `transforms` list of a PaddleX inference.yml, as paddlex/inference/models/semantic_segmentation reads
// it (3.0 and later). Thread-safety: free of state.
#pragma once
#include <vector>

#include "model/yaml_tree.h"
#include "segfleet/error.h"
#include "segfleet/model.h"

namespace segfleet {

// `list`: the value of Deploy.transforms, or nullptr. PaddleX knows Resize and Normalize alone and runs them
// in this order whatever the list's order is. Resize works on 8-bit pixels; without one, or with target_size
// -1, pictures keep their size. Its defaults: target_size -1, keep_ratio true, size_divisor 32, interp
// LINEAR. Normalize must be there; its defaults are 0.5. Errors: model_invalid; model_unsupported for another
// transform, listing the two.
Result<std::vector<Transform>> read_paddlex_transforms(const YamlNode* list);

}  // namespace segfleet
