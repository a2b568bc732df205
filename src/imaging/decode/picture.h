// SPDX-License-Identifier: Apache-2.0
// What every codec needs: limits on a picture's size, its memory, and the wording of failures.
// Thread-safety: free functions, no shared state.
#pragma once
#include <cstdint>
#include <string_view>

#include "segfleet/error.h"
#include "segfleet/image.h"

namespace segfleet {

// The size a header states, or input_corrupt for an empty picture, input_too_large over a limit.
Result<Size> checked_size(std::uint64_t width, std::uint64_t height, const DecodeLimits& limits);

// Gives `image` that size. Memory that is already there is kept; old pixels are not.
void resize_image(Image& image, Size size);

inline std::size_t row_bytes(const Image& image) {
  return static_cast<std::size_t>(image.size.width) * 3;
}

// `format` is "JPEG" and the like, `cause` the codec's own words.
Error truncated_picture(std::string_view format, std::string_view cause);
Error corrupt_picture(std::string_view format, std::string_view cause);
Error unsupported_picture(std::string_view format, std::string_view cause);

}  // namespace segfleet
