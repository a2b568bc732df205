// SPDX-License-Identifier: Apache-2.0
// Encoded picture to pixels, equal to cv2.imread(IMREAD_COLOR) byte for byte, EXIF turn included.
// The format is told by the first bytes, never by the file's name. Thread-safety: free functions, no shared
// state.
#pragma once
#include <cstddef>
#include <span>

#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

// Decodes JPEG, PNG, BMP, WebP or TIFF into `image`, whose memory is reused. Limits are checked before pixels
// are allocated. On an error the contents of `image` are unspecified. Errors: input_truncated, input_corrupt,
// input_unsupported (unknown signature; names what it looks like), input_too_large, out_of_memory.
Status decode_image(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image);

}  // namespace segfleet
