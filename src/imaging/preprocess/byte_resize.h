// SPDX-License-Identifier: Apache-2.0
// A picture at another size on 8-bit pixels, as PaddleX resizes before it normalises. Thread-safety: one
// thread at a time.
//
// Equality with cv2.resize on 8 bits: LINEAR byte for byte (weights are whole 2048ths, added across, then
// down; an exact half is the mean of each block of four); NEAREST equal. AREA, CUBIC and LANCZOS4 are
// computed in float32 and rounded: within 1 grey level.
#pragma once
#include "imaging/preprocess/float_buffer.h"
#include "imaging/preprocess/picture_resizer.h"
#include "imaging/preprocess/row_source.h"
#include "segfleet/image.h"
#include "segfleet/model.h"

namespace segfleet {

class ByteResizer {
 public:
  // BGR in, BGR out. What it gives belongs to this object until the next call. Allocates only while pictures
  // grow.
  const Image& resize(const ImageView& image, Size target, Interpolation interpolation);

 private:
  void by_floats(const ImageView& image, Interpolation interpolation);

  Image result_;
  PictureResizer linear_;
  RowSource source_;
  FloatBuffer row_;
};

}  // namespace segfleet
