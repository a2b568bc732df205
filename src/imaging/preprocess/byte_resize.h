// SPDX-License-Identifier: Apache-2.0
// A picture at another size on 8-bit pixels, as PaddleX resizes before it normalises. Thread-safety: one
// thread at a time.
//
// Equality with cv2.resize on 8 bits: LINEAR byte for byte (weights are whole 2048ths, added across, then
// down; an exact half is the mean of each block of four); NEAREST equal. AREA, CUBIC and LANCZOS4 are
// computed in float32 and rounded: within 1 grey level.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "imaging/preprocess/float_buffer.h"
#include "imaging/preprocess/row_source.h"
#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/model.h"

namespace segfleet {

class ByteResizer {
 public:
  // BGR in, BGR out; `result` belongs to this object until the next call. Allocates only while pictures grow.
  // Errors: those of RowSource::open_resized().
  Status resize(const Image& image, Size target, Interpolation interpolation, const Image*& result);

 private:
  // One output's two source pixels and their weights in 2048ths.
  struct Pair {
    int first;
    int second;
    int first_weight;
    int second_weight;
  };
  static void prepare(int source, int target, bool cut_outside, std::vector<Pair>& pairs);
  void halve(const Image& image);
  void linear(const Image& image);
  const int* stretched(const Image& image, int source_row);
  Status by_floats(const Image& image, Interpolation interpolation);

  Image result_;
  std::vector<Pair> columns_, rows_;
  std::vector<int> stretched_rows_;  // source row r lies in slot r % 2
  std::array<int, 2> row_in_slot_{};
  RowSource source_;
  FloatBuffer row_;
};

}  // namespace segfleet
