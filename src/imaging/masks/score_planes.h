// SPDX-License-Identifier: Apache-2.0
// Bilinear enlarging of class-score planes, a row at a time. Thread-safety: one object per thread.
#pragma once
#include <array>
#include <cstddef>
#include <vector>

#include "imaging/masks/sampling.h"
#include "segfleet/image.h"

namespace segfleet {

// Borrowed C×H×W float planes; a crop only shrinks `size`.
struct ScorePlanes {
  const float* data = nullptr;
  int classes = 0;
  Size size;
  std::size_t row_stride = 0;    // floats
  std::size_t plane_stride = 0;  // floats
  const float* row(int plane, int y) const {
    return data + std::size_t(plane) * plane_stride + std::size_t(y) * row_stride;
  }
};

// Rows of one resized plane after another, each output value in Paddle's own order of float operations. The
// four source pixels of an output pixel are gathered once per source row,
// so that the arithmetic runs over plain arrays.
class RowInterpolator {
 public:
  // `visible` rows and columns of the `to` grid are computed: less where a crop follows.
  void start(Size from, Size to, Size visible);
  // Rows of the same plane must be asked for one after the other, with rising y,
  // for the gathering to be shared.
  void row(const ScorePlanes& planes, int plane, int y, float* out);

 private:
  struct Gathered {  // one source row, at each output column's first and second pixel
    const float* source = nullptr;
    std::vector<float> first;
    std::vector<float> second;
  };
  const Gathered& gathered(const float* source);

  LinearTaps columns_;
  LinearTaps rows_;
  std::array<Gathered, 2> recent_;
  std::size_t oldest_ = 0;
};

}  // namespace segfleet
