// SPDX-License-Identifier: Apache-2.0
// The size arithmetic of the transforms: pure, no pixels. Sizes are in pixels and rounded as Python rounds
// (half to even), after paddleseg/transforms/{transforms,functional}.py 2.8.
// Thread-safety: free functions without state.
#pragma once
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/model.h"

namespace segfleet {

// What a transform did to the picture's size;
// undone in reverse order (paddleseg/core/infer.py reverse_transform).
struct ResizedFrom {
  Size size;  // before the transform
  friend bool operator==(const ResizedFrom&, const ResizedFrom&) = default;
};
struct PaddedFrom {
  Size size;  // before the transform; padding is at the bottom and the right
  friend bool operator==(const PaddedFrom&, const PaddedFrom&) = default;
};
using TraceEntry = std::variant<ResizedFrom, PaddedFrom>;
using Trace = std::vector<TraceEntry>;

// The size of the network's input for a picture of `size`, and the trace, without touching pixels.
struct Geometry {
  Size network;
  Trace trace;
};

// No transform may give more than this: a typing error in a deploy.yaml must not take all memory.
inline constexpr int kMaxSidePixels = 1 << 16;
inline constexpr std::uint64_t kMaxPictureBytes = 2ull << 30;  // as float32 with 3 channels

// Errors: input_unsupported where a side would be 0 or a Padding target is smaller than the picture;
// input_too_large beyond the limits above. The message names the transform.
Result<Geometry> geometry(std::span<const Transform> transforms, Size picture);

// Whether it makes pixels from others; the rest work row by row.
bool resamples(const Transform& transform);

// The same with the size after each transform, and without allocations once the vectors have grown.
// `sticky_short_sides`: nullptr, or one value for each transform, 0 at first: the short side that earlier
// pictures left behind in that ResizeByShort.
struct SizeWalk {
  std::vector<Size> after;  // after[i]: the picture's size after transforms[i]
  Trace trace;
};
Status walk_sizes(std::span<const Transform> transforms, Size picture, std::vector<int>* sticky_short_sides,
                  SizeWalk& walk);

}  // namespace segfleet
