// SPDX-License-Identifier: Apache-2.0
// Source rows of all classes, copied side by side. Read where they lie, planes a power of two apart would
// share a few places of every cache. While one pair of rows is computed on, the next row is copied piece by
// piece, so that memory and arithmetic overlap. Memory: three rows of all classes. Thread-safety: one object
// per thread.
#pragma once
#include <vector>

#include "imaging/masks/blend.h"
#include "imaging/masks/score_planes.h"

namespace segfleet {

class PackedRows final : public Aside {
 public:
  // steps_a_row: how often step() is called while a target row is computed.
  void start(const ScorePlanes& planes, std::size_t steps_a_row);

  // Both rows, complete. `next`: the row that step() is to begin with; -1: none.
  SourcePair pair(int upper, int lower, int next);

  void step() override {
    if (pending_ != nullptr) copy(piece_);
  }

 private:
  struct Row {
    int index = -1;
    std::size_t copied = 0;  // floats of it, class after class
    std::vector<float> scores;
  };
  Row& hold(int index, int other);
  void copy(std::size_t floats);
  void complete(Row& row);

  ScorePlanes planes_;
  std::size_t class_stride_ = 0;
  std::size_t piece_ = 0;  // floats
  Row rows_[3];
  Row* pending_ = nullptr;
};

}  // namespace segfleet
