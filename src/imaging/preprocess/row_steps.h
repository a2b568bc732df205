// SPDX-License-Identifier: Apache-2.0
// The transforms that work row by row: Normalize and the two paddings, in the model's order, on the rows of a
// source. Thread-safety: one thread at a time.
#pragma once
#include <array>
#include <vector>

#include "imaging/preprocess/row_kernels.h"
#include "imaging/preprocess/row_source.h"
#include "segfleet/model.h"

namespace segfleet {

NormalizePattern pattern_of(const Normalize& normalize);

// A Normalize, made ready: the pattern for rows of floats, the levels for bytes.
struct PreparedNormalize {
  explicit PreparedNormalize(const Normalize& normalize)
      : pattern(pattern_of(normalize)), levels(levels_of(normalize)) {}
  NormalizePattern pattern;
  ByteLevels levels;
};

class RowSteps {
 public:
  explicit RowSteps(const RowKernels& kernels) : kernels_(kernels) {}
  void clear() { steps_.clear(); }
  bool empty() const { return steps_.empty(); }
  void add(const PreparedNormalize& normalize) { steps_.push_back({&normalize, {}, {}}); }
  void add_padding(Size target, const std::array<double, 3>& value);

  // Calls sink(y, row) for each row of the result, whose size is `result`;
  // the row holds 3 * result.width floats.
  template <typename Sink>
  void run(RowSource& source, Size content, Size result, const Sink& sink) {
    float* row = row_.reserve(3 * static_cast<std::size_t>(result.width) + kRowSlackFloats);
    for (int y = 0; y < result.height; ++y) {
      if (y < content.height) source.row(y, row);
      // Below the picture all rows between two paddings' ends are alike.
      if (y <= content.height || starts_band(y)) apply(row, y, y < content.height ? content.width : 0);
      sink(y, static_cast<const float*>(row));
    }
  }

 private:
  struct Step {
    const PreparedNormalize* normalize;  // nullptr: padding
    Size padded;
    std::array<float, 3> value;
  };
  bool starts_band(int y) const;
  void apply(float* row, int y, int width) const;

  const RowKernels& kernels_;
  std::vector<Step> steps_;
  FloatBuffer row_;
};

}  // namespace segfleet
