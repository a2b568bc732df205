// SPDX-License-Identifier: Apache-2.0
// A model package's transforms on one picture, and the trace that leads back to the original size.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "imaging/preprocess/byte_resize.h"
#include "imaging/preprocess/float_buffer.h"
#include "imaging/preprocess/geometry.h"
#include "imaging/preprocess/row_source.h"
#include "imaging/preprocess/row_steps.h"
#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/model.h"
#include "segfleet/tensor.h"

namespace segfleet {

// Holds the transforms and the working memory of one thread. Thread-safety: one thread at a time.
// Reads the picture once, writes the tensor once; allocates only while pictures or tensors grow.
class Preprocessor {
 public:
  // sticky_resize_by_short: PaddleSeg's own behaviour, where one large picture lowers short_size for all
  // later ones; the result then depends on the order.
  explicit Preprocessor(std::vector<Transform> transforms, bool sticky_resize_by_short = false);
  Preprocessor(const Preprocessor&) = delete;  // prepared_ is pointed to while a picture runs
  Preprocessor& operator=(const Preprocessor&) = delete;

  // BGR u8 picture to 1×3×H×W f32, RGB, transformed; bit-equal to paddleseg.transforms.Compose with cv2's
  // x86-64 wheel (row_source.h says how equal CUBIC is), or to PaddleX's processors (byte_resize.h). Errors:
  // input_unsupported where a Padding target is smaller than the picture or a side would have no pixel,
  // input_too_large (geometry.h), invalid_argument where the image has fewer bytes than its size says.
  Status run(const Image& image, Tensor& output, Trace& trace);
  Status run(const ImageView& image, Tensor& output, Trace& trace);

  // For pictures that are decoded smaller than they are. The size that a picture of that size has after the
  // first transform, where that is a resize, else its own: no smaller copy serves run(). Not for sticky
  // transforms.
  Size first_resize(Size picture);
  // `image` is a copy of a picture of the size `full`, at least as large as first_resize(full): the tensor's
  // size and the trace are those of the picture itself.
  Status run(const ImageView& image, Size full, Tensor& output, Trace& trace);

 private:
  // Transforms [first, last): at most one resampling, at the front, then what works row by row.
  struct Part {
    std::size_t first;
    std::size_t last;
    bool resamples;
  };
  Part next_part(std::size_t first, Size picture) const;
  void run_part(const Part& part, const PictureView& picture, Size result, float* planes);
  std::size_t open_part(const Part& part, const PictureView& picture);  // gives the first row step's place

  const std::vector<Transform> transforms_;
  std::vector<std::optional<PreparedNormalize>> prepared_;  // one for each transform that is a Normalize
  std::vector<int> sticky_short_sides_;                     // empty: not sticky
  SizeWalk walk_;
  ByteResizer byte_resizer_;
  RowSource source_;
  const ByteLevels* levels_ = nullptr;  // of the part, where it does not resample
  RowSteps steps_;
  std::array<FloatBuffer, 2> between_;  // whole pictures between two parts, in turns
  std::size_t turn_ = 0;
};

}  // namespace segfleet
