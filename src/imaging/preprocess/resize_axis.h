// SPDX-License-Identifier: Apache-2.0
// Where the pixels of one output axis come from. Coordinates are computed as cv2's x86-64 wheel computes them
// for LINEAR and CUBIC on float32 (measured against opencv-python 4.8.1, which hands these two to Intel IPP):
// x = fma(i + 0.5, source / target, -0.5) in double, weights rounded to float. OpenCV's own code rounds x to
// float first, which is up to 0.03 grey levels away. Thread-safety: plain data.
#pragma once
#include <array>
#include <vector>

namespace segfleet {

// Output i lies between source pixels index[i] and index[i] + 1; weight[i] is the second one's.
// Left of the first pixel: index 0, weight 0. At or right of the last one: index source - 1, weight 0.
struct LinearAxis {
  int source = 0;
  int target = 0;
  std::vector<int> index;
  std::vector<float> weight;
  int interior_begin = 0;  // outputs in [begin, end) lie between two source pixels
  int interior_end = 0;

  void prepare(int source_pixels, int target_pixels);  // nothing to do where both are as before
};

// Output i is the sum of four source pixels; edge pixels are repeated outside.
struct CubicAxis {
  int source = 0;
  int target = 0;
  std::vector<std::array<int, 4>> index;
  std::vector<std::array<float, 4>> weight;

  void prepare(int source_pixels, int target_pixels);
};

}  // namespace segfleet
