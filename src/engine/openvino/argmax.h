// SPDX-License-Identifier: Apache-2.0
// The last steps of a segmentation network on the CPU, where they are faster here than in the graph: class of
// the highest score, and bilinear enlargement followed by it. The first maximum wins, as in numpy and Paddle;
// NaN never wins, as in paddle.argmax and restore_labels().
// Classes: 1 to 256. Thread-safety: free functions without shared state.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace segfleet {

// `scores`: pixels × classes, a pixel's scores side by side. Exact.
void argmax_channels_last(const float* scores, std::size_t pixels, int classes, std::uint8_t* labels);

// Where an output coordinate lies between two input coordinates.
struct Sample {
  std::int32_t low = 0;
  std::int32_t high = 0;
  float weight = 0;  // of `high`
};

// Samples of one axis as linear interpolation in ONNX Resize and in Paddle places them: half_pixel
// (align_corners false): (o + 0.5) * in / out - 0.5, clamped; align_corners: o * (in - 1) / (out - 1).
std::vector<Sample> linear_samples(int in, int out, bool align_corners);

// Bilinear enlargement of one item's scores fused with the argmax: the enlarged scores are never stored.
// Enlarging in the graph rounds in another order, so labels may differ where two classes tie within rounding.
class UpsampleArgmax {
 public:
  UpsampleArgmax(int classes, int in_height, int in_width, int out_height, int out_width, bool align_corners);

  // Working memory of one run() at a time.
  struct Scratch {
    std::vector<float> rows[2];         // a source row at output width, classes × out_width
    std::int32_t source[2] = {-1, -1};  // which source row each holds
  };

  // Output rows [first_row, last_row) of `labels` (out_height × out_width) from
  // `scores` (classes × in_height × in_width).
  void run(const float* scores, int first_row, int last_row, std::uint8_t* labels, Scratch& scratch) const;

  int out_height() const { return static_cast<int>(vertical_.size()); }
  int out_width() const { return static_cast<int>(horizontal_.size()); }

 private:
  const float* widened_row(const float* scores, std::int32_t row, std::int32_t keep, Scratch& scratch) const;

  int classes_;
  int in_height_;
  int in_width_;
  std::vector<Sample> vertical_;
  std::vector<Sample> horizontal_;
};

}  // namespace segfleet
