// SPDX-License-Identifier: Apache-2.0
// Thread-safety: plain data.
#pragma once
#include <cstddef>
#include <cstdint>

#include "segfleet/image.h"

namespace segfleet {

// Borrowed pixels, rows without gaps: 8-bit BGR as decoded, or float32 RGB. Exactly one pointer is set.
struct PictureView {
  const std::uint8_t* bgr = nullptr;
  const float* rgb = nullptr;
  Size size;
};

}  // namespace segfleet
