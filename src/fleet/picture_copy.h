// SPDX-License-Identifier: Apache-2.0
// A caller's picture into the arena: H×W×3 BGR without gaps, whatever its layout was.
// Thread-safety: free functions without shared state.
#pragma once
#include <cstddef>
#include <span>

#include "segfleet/error.h"
#include "segfleet/fleet.h"

namespace segfleet {

// Errors: invalid_argument where it has no pixels, or more than 2^31.
Status check_picture(const PictureArray& picture);
std::size_t picture_bytes(Size size);  // as BGR
// Requires: place has picture_bytes(picture.size).
void copy_picture(const PictureArray& picture, std::span<std::byte> place);

}  // namespace segfleet
