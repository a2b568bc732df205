// SPDX-License-Identifier: Apache-2.0
// Turns and mirrors a picture as its orientation tag asks. Thread-safety: free function, no shared state.
#pragma once
#include "segfleet/image.h"

namespace segfleet {

// `orientation` as EXIF counts, 1 to 8 (1: nothing to do). 5 to 8 swap width and height and need a second
// picture's memory for the moment.
void apply_orientation(int orientation, Image& image);

// The size that a picture has then.
Size turned(int orientation, Size stored);

}  // namespace segfleet
