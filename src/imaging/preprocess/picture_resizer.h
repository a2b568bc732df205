// SPDX-License-Identifier: Apache-2.0
// A picture enlarged or reduced with bilinear interpolation, for overlays at network size and for PaddleX:
// cv2.resize's INTER_LINEAR on 8 bits, byte for byte. Weights are whole 2048ths, added across, then down; an
// exact half is the mean of each block of four. Thread-safety: one thread at a time.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "imaging/preprocess/weighted_axis.h"
#include "segfleet/image.h"

namespace segfleet {

class PictureResizer {
 public:
  // Requires: both sizes at least 1×1. Allocates only while pictures grow. Throws std::bad_alloc.
  void resize(const ImageView& image, Size size, Image& resized);
  void resize(const Image& image, Size size, Image& resized) {
    resize(ImageView{image.size, image.pixels.data()}, size, resized);
  }

 private:
  // Output i: two neighbours with weights in 2048ths.
  struct Pair {
    int first;
    int second;
    std::int16_t first_weight;
    std::int16_t second_weight;
  };
  static void pair_up(const WeightedAxis& axis, std::vector<Pair>& pairs);
  const std::int16_t* stretched(const ImageView& image, int source_row);

  WeightedAxis across_, down_;
  std::vector<Pair> columns_, rows_;
  std::vector<std::int16_t> stretched_rows_;  // in 128ths; source row r is in slot r % 2
  std::array<int, 2> row_in_slot_{};
};

}  // namespace segfleet
