// SPDX-License-Identifier: Apache-2.0
// A picture's rows at another size as OpenCV's own code gives them on float32: a pass across each source row,
// a pass down over the rows that an output row needs. Equal to cv2 on x86-64 in every bit.
// Thread-safety: one thread at a time.
#pragma once
#include <array>

#include "imaging/preprocess/float_buffer.h"
#include "imaging/preprocess/picture_view.h"
#include "imaging/preprocess/row_kernels.h"
#include "imaging/preprocess/weighted_axis.h"

namespace segfleet {

class WeightedRows {
 public:
  explicit WeightedRows(const RowKernels& kernels) : kernels_(kernels) {}

  // Requires rule != area, or a target that is nowhere larger than the picture. Memory: ten rows.
  void open(const PictureView& picture, Size target, WeightRule rule);
  // Writes row y: 3 * width floats and up to kRowSlackFloats more. Fastest with rising y.
  void row(int y, float* out);

 private:
  static constexpr std::size_t kSlots = 8;  // as many rows as LANCZOS4 looks at

  const float* stretched(int source_row);
  void add_up(std::size_t first, std::size_t end, float* out);  // taps of down_

  const RowKernels& kernels_;
  PictureView picture_;
  Size target_;
  WeightRule rule_ = WeightRule::nearest;
  WeightedAxis across_, down_;
  FloatBuffer source_row_;                 // as floats, in the picture's order of channels
  FloatBuffer stretched_rows_;             // source row r lies in slot r % kSlots
  std::array<int, kSlots> row_in_slot_{};  // -1: none
};

}  // namespace segfleet
