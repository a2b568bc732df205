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

  void step() override;

 private:
  struct Place {
    int plane = 0;
    std::size_t column = 0;
  };
  struct Row {
    int index = -1;
    Place copied;  // up to here
    Place prefetched;
    std::vector<float> scores;
  };
  Row& hold(int index, int other);
  void copy(Row& row, std::size_t floats);
  // The processor guesses the rest of a row by itself, but not where the next class lies.
  void prefetch(Row& row, std::size_t floats);
  // Calls visit(first float, its place, count) for each piece of the row, and moves the place on.
  template <typename Visit>
  void walk(const Row& row, Place& place, std::size_t floats, Visit visit);

  ScorePlanes planes_;
  std::size_t width_ = 0;
  std::size_t class_stride_ = 0;
  std::size_t piece_ = 0;  // floats
  Row rows_[3];
  Row* pending_ = nullptr;
};

}  // namespace segfleet
