// SPDX-License-Identifier: Apache-2.0
// Gives a picture's rows at another size, one after the other, as float32 RGB:
// what cv2.resize gives on float32.
//
// Equality with cv2 (the opencv-python 4.8.1 wheel on x86-64 with AVX2,
// which hands LINEAR and CUBIC to Intel IPP):
//   NEAREST, AREA, LANCZOS4: equal, by OpenCV's own rule (weighted_axis.h).
//   LINEAR: equal. Sources with a side of 1 pixel follow OpenCV's own rule, as in cv2.
//   CUBIC: within 1.25e-4 grey levels of cv2 (5e-7 of the range). The weights are IPP's and most values are
//   equal; where a few are not, IPP adds the four products up in an order that is not known, mostly at the
//   picture's edges. Sources with a side below 4 pixels follow OpenCV's own rule, as in cv2, and are equal.
// A cv2 without IPP (AArch64, Debian's) is itself up to 0.03 grey levels away from that wheel in LINEAR and
// CUBIC. Thread-safety: one thread at a time.
#pragma once
#include <array>
#include <cstdint>

#include "imaging/preprocess/float_buffer.h"
#include "imaging/preprocess/picture_view.h"
#include "imaging/preprocess/resize_axis.h"
#include "imaging/preprocess/row_kernels.h"
#include "imaging/preprocess/weighted_rows.h"
#include "segfleet/image.h"
#include "segfleet/model.h"

namespace segfleet {

class RowSource {
 public:
  explicit RowSource(const RowKernels& kernels = fastest_row_kernels())
      : kernels_(kernels), weighted_(kernels) {}

  // Rows of the picture itself. Bytes become floats through `tables`.
  void open(const PictureView& picture, const ByteTables& tables);
  // Rows of the picture at another size.
  void open_resized(const PictureView& picture, Size target, Interpolation interpolation);

  // Writes row y. `out` has room for the row's 3 * width floats and kRowSlackFloats more.
  // Fastest with rising y.
  void row(int y, float* out);

 private:
  enum class Mode { copy, linear, cubic, weighted, blocks };

  static Mode mode_for(Size from, Size to, Interpolation interpolation);
  void open_stretched();
  const float* stretched(int source_row);
  void linear_row(int y, float* out);
  void cubic_row(int y, float* out);
  void block_row(int y, float* out);

  const RowKernels& kernels_;
  Mode mode_ = Mode::copy;
  PictureView picture_;
  const ByteTables* tables_ = nullptr;
  Size target_;
  LinearAxis linear_x_, linear_y_;
  CubicAxis cubic_x_, cubic_y_;
  FloatBuffer stretched_rows_;        // four rows of the target's width: source row r lies in slot r % 4
  std::array<int, 4> row_in_slot_{};  // -1: none
  WeightedRows weighted_;
  Size block_;  // source pixels that make one of the target's
};

}  // namespace segfleet
