// SPDX-License-Identifier: Apache-2.0
// Interpolations as PaddleSeg writes them. Thread-safety: free functions without state.
#pragma once
#include <optional>
#include <string_view>

#include "segfleet/model.h"

namespace segfleet {

std::string_view name_of(Interpolation interpolation);  // "LINEAR"
std::optional<Interpolation> interpolation_from_name(std::string_view name);

}  // namespace segfleet
