// SPDX-License-Identifier: Apache-2.0
// Which source pixels make each pixel of one output axis, and with what weights, as OpenCV's own code
// (imgproc's resize, 4.8.1) chooses them: scale = 1 / (target / source) in double, coordinates and weights
// rounded to float. resize_axis.h has the other rule, IPP's. Thread-safety: plain data.
#pragma once
#include <vector>

namespace segfleet {

enum class WeightRule {
  nearest,
  linear,
  cubic,
  lanczos4,
  area,         // the share of each source pixel; only where source >= target
  area_linear,  // what AREA means as soon as one axis grows: linear, but flat around the source's pixels
};

enum class Direction { across, down };

struct WeightedAxis {
  // Output i is the sum of source pixel index[t] * weight[t] for t in [begin[i], begin[i + 1]): at least one.
  std::vector<int> begin;
  std::vector<int> index;
  std::vector<float> weight;

  // Nothing to do where all is as before. `direction`: OpenCV sets linear weights at the left and the right
  // edge to exactly 1, and leaves those at the top and the bottom.
  void prepare(WeightRule rule, Direction direction, int source_pixels, int target_pixels);
  int target() const { return target_; }

 private:
  void add_output(int i, double scale);
  void add_linear(int first, float second_weight);
  void add_kernel(double position);
  void add_area(int i, double scale);
  void add_tap(int pixel, float tap_weight);

  WeightRule rule_ = WeightRule::nearest;
  Direction direction_ = Direction::across;
  int source_ = 0;
  int target_ = 0;
  bool whole_ = false;  // not where memory ran out half-way
};

}  // namespace segfleet
