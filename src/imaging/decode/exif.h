// SPDX-License-Identifier: Apache-2.0
// The orientation tag of EXIF data. Thread-safety: free function, no shared state.
// Follows what OpenCV 4.8.1 does, oddities included: tags are read in order; a broken text or fraction before
// the orientation hides it; the first orientation counts; its type is not looked at; any first two bytes
// other than "II" mean big-endian.
#pragma once
#include <cstddef>
#include <span>

namespace segfleet {

// `tiff` starts at the byte-order mark. Gives 1 to 8; 1 (upright) when there is none or it is not valid.
int exif_orientation(std::span<const std::byte> tiff);

}  // namespace segfleet
