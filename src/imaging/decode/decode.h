// SPDX-License-Identifier: Apache-2.0
// Encoded picture to pixels, equal to cv2.imread(IMREAD_COLOR) byte for byte, EXIF turn included.
// The format is told by the first bytes, never by the file's name.
// Thread-safety: free functions, no shared state.
//
// Measured against opencv-python-headless 4.8.1.78, which bundles libjpeg-turbo 2.1.3, libpng 1.6.40 and
// libtiff 4.2.0. Differences on purpose: a truncated or damaged picture is an error, where OpenCV fills with
// grey or with what was in memory; limits are tighter; WebP above 64 MiB is read. By accident: a JPEG whose
// coefficients exceed what 8-bit pixels give (a damaged quantisation table) overflows otherwise in
// libjpeg-turbo's SIMD code than in OpenCV's plain C. JPEG and PNG are turned by EXIF and TIFF by its tag,
// WebP and BMP are not: so does OpenCV.
//
// Peak memory beside `encoded`, in bytes a pixel: 3 for the picture; progressive JPEG 2 more a sample; a turn
// by EXIF orientation 5 to 8 needs 3 more; WebP 4 more; TIFF 4 more a pixel of its largest strip or tile, and
// that strip decoded.
#pragma once
#include <cstddef>
#include <functional>
#include <span>

#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

// Decodes JPEG, PNG, BMP, WebP or TIFF into `image`, whose memory is reused. Limits are checked before pixels
// are allocated. On an error the contents of `image` are unspecified. Errors: input_truncated, input_corrupt,
// input_unsupported (unknown signature; names what it looks like), input_too_large, out_of_memory.
Status decode_image(std::span<const std::byte> encoded, const DecodeLimits& limits, Image& image);

// Given the size of a picture, the least size that its reader needs.
using LeastSize = std::function<Size(Size picture)>;

// The same, but for a JPEG that is at least 2, 4 or 8 times as wide and as high as `least` says: libjpeg then
// leaves out the detail and gives a half, a quarter or an eighth of it, rounded up. These pixels equal
// cv2.imread's with IMREAD_REDUCED_COLOR_2, _4 and _8. `picture`: its own size, upright. An empty `least`
// asks for all of it. Limits are for the picture's own size.
Status decode_image_reduced(std::span<const std::byte> encoded, const DecodeLimits& limits,
                            const LeastSize& least, Image& image, Size& picture);

}  // namespace segfleet
