// SPDX-License-Identifier: Apache-2.0
// One function per picture format, each in its own file. `encoded` begins with the format's signature and its
// byte limit is already checked; the rest of the contract is decode_image's, for JPEG decode_image_reduced's.
// Thread-safety: free functions, no shared state.
#pragma once
#include <cstddef>
#include <span>

#include "imaging/decode/decode.h"
#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

Status decode_jpeg(std::span<const std::byte> encoded, const DecodeLimits& limits, const LeastSize& least,
                   Image& image, Size& picture);
Status decode_png(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image);
Status decode_bmp(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image);
Status decode_webp(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image);
Status decode_tiff(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image);

}  // namespace segfleet
