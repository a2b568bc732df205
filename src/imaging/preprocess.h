// SPDX-License-Identifier: Apache-2.0
// A model package's transforms on one picture, and the trace that leads back to the original size.
#pragma once
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/model.h"
#include "segfleet/tensor.h"

namespace segfleet {

// What a transform did to the picture's size; undone in reverse order (paddleseg/core/infer.py reverse_transform).
struct ResizedFrom {
  Size size;  // before the transform
};
struct PaddedFrom {
  Size size;  // before the transform; padding is at the bottom and the right
};
using TraceEntry = std::variant<ResizedFrom, PaddedFrom>;
using Trace = std::vector<TraceEntry>;

// The size of the network's input for a picture of `size`, and the trace, without touching pixels.
struct Geometry {
  Size network;
  Trace trace;
};

// Holds the transforms and the working memory of one thread. Thread-safety: one thread at a time.
class Preprocessor {
 public:
  // sticky_resize_by_short: PaddleSeg's own behaviour, where one large picture lowers short_size for all later
  // ones; the result then depends on the order.
  explicit Preprocessor(std::vector<Transform> transforms, bool sticky_resize_by_short = false);

  // BGR u8 picture to 1×3×H×W f32, RGB, transformed; bit-equal to paddleseg.transforms.Compose.
  // Errors: input_unsupported where a Padding target is smaller than the picture.
  Status run(const Image& image, Tensor& output, Trace& trace);

 private:
  std::vector<Transform> transforms_;
  std::optional<int> sticky_short_side_;
  bool sticky_;
};

}  // namespace segfleet
