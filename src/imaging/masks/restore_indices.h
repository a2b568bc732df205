// SPDX-License-Identifier: Apache-2.0
// The label half of restore_picture(): nearest enlarging and cropping only choose pixels, row by row and
// column by column, so a whole trace is folded into one index per row and column and
// each pixel is copied once.
#pragma once
#include <cstdint>

#include "imaging/preprocess/geometry.h"
#include "segfleet/tensor.h"

namespace segfleet {

// Requires: `from` is the size of output's last two extents, its type is u8, i32 or i64, and each crop of the
// trace fits (restored_size() checks it).
void restore_indices(const TensorView& output, Size from, const Trace& trace, std::uint8_t* labels);

}  // namespace segfleet
