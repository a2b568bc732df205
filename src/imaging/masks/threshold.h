// SPDX-License-Identifier: Apache-2.0
// Rows of interpolated scores to labels by a threshold, and probabilities to what is written of them.
// Rows end with whole vectors of kLanes: what lies behind `columns` up to there is also read and written.
// Thread-safety: free functions without shared state.
#pragma once
#include <cstddef>
#include <cstdint>

#include "imaging/masks/restore.h"

namespace segfleet {

// The score whose probability is `threshold`: itself, or of logits its logarithmic odds.
float score_at(float threshold, ScoreKind kind);

// Class 1 against class 0. `values`: one or two rows of scores, `stride` floats apart. Gives each column's
// label and that label's probability.
void threshold_row(const float* values, int classes, std::size_t stride, std::size_t columns, ScoreKind kind,
                   float threshold, std::uint8_t* labels, float* probabilities);

// labels[i] = sum of c + 1, modulo 256, over the classes c whose score is above `limit`.
void multi_label_row(const float* values, int classes, std::size_t stride, std::size_t columns, float limit,
                     std::uint8_t* labels);

// probabilities[i] = 1 / sums[i]; 0 where no class has won.
void invert_row(const float* sums, std::size_t columns, float* probabilities);

// round(255 p), halves upwards, in float32; p is kept between 0 and 1, NaN is 0.
void level_row(const float* probabilities, std::size_t columns, std::uint8_t* levels);

void mark_unknown_row(const float* probabilities, std::size_t columns, float min_confidence,
                      std::uint8_t unknown_class, std::uint8_t* labels);

}  // namespace segfleet
