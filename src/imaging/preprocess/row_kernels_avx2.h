// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "imaging/preprocess/row_kernels.h"

namespace segfleet {

// Nothing where this CPU, or this build's architecture, has no AVX2 with fused multiply-add.
const RowKernels* avx2_row_kernels();

}  // namespace segfleet
