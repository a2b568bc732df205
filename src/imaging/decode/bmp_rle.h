// SPDX-License-Identifier: Apache-2.0
// BMP's run-length codes. Thread-safety: free function, no shared state.
#pragma once
#include <cstddef>
#include <span>

#include "imaging/decode/bmp_header.h"
#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

// Decodes RLE4 or RLE8 `codes` into `image`, which has the header's size. Pixels that the codes jump over get
// the palette's first colour, as in OpenCV.
Status decode_bmp_rle(const BmpHeader& header, std::span<const std::byte> codes, Image& image);

}  // namespace segfleet
