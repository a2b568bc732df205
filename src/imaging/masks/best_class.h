// SPDX-License-Identifier: Apache-2.0
// The best class of each lane of a vector, met class after class, and the sum of their powers.
#pragma once
#include <limits>

#include "imaging/masks/float_exp.h"
#include "imaging/masks/vectors.h"

namespace segfleet {

enum class RowResult { argmax, sums, values };  // of a row, as blend.h says

// The first maximum wins, NaN never does; nothing above -FLT_MAX is class 0.
template <std::size_t kWidth>
struct BestClass {
  using Floats = typename VectorsOf<kWidth>::Floats;
  using Ints = typename VectorsOf<kWidth>::Ints;
  Floats score = Floats{} + std::numeric_limits<float>::lowest();
  Ints label{};

  SEGFLEET_INLINE void meet(const Floats& value, int c) {
    const Ints larger = value > score;
    score = larger ? value : score;
    label = larger ? Ints{} + c : label;
  }
};

// sums = sum over classes of exp(value - best), the values of class c at c * kWidth.
template <std::size_t kWidth>
SEGFLEET_INLINE void sum_powers(const float* values, int classes,
                                const typename VectorsOf<kWidth>::Floats& best,
                                typename VectorsOf<kWidth>::Floats& sums) {
  using Floats = typename VectorsOf<kWidth>::Floats;
  sums = Floats{};
  for (int c = 0; c < classes; ++c, values += kWidth) {
    Floats power;
    load(power, values);
    become_exp_of_difference<Floats, typename VectorsOf<kWidth>::Ints>(power, best);
    sums += power;
  }
}

}  // namespace segfleet
