// SPDX-License-Identifier: Apache-2.0
// Pixels per class of a label map, for the ledger. Thread-safety: free function without shared state.
#pragma once
#include <array>
#include <cstdint>

#include "segfleet/image.h"

namespace segfleet {

// Sets counts[c] to the number of pixels with class c.
void count_classes(const LabelMap& labels, std::array<std::uint64_t, 256>& counts);

}  // namespace segfleet
