// SPDX-License-Identifier: Apache-2.0
// How many items the next engine call may have: as many as fit, and, where batches grow, as many as pay.
// Pure: what was measured is told to it. Thread-safety: one thread at a time.
//
// - Growing: from 1 by doubling. A size is kept where five full calls of it did over 5 % more work a second
//   than the best size before; else the best is kept. The first call of a size is not counted: libraries set
//   up for a new shape then.
// - After kFirstRest full calls the search begins again at half of the best, since pictures and the machine
//   change: so the batch also shrinks. Each time that it finds the same, the rest doubles.
// - An engine that waits for input has no full calls, and nothing to gain from larger ones: none is tried.
// - Out of memory with n items: n / 2 from now on, also where batches do not grow. After 64 full calls a
//   quarter more is tried; each time that this fails again, the patience doubles.
#pragma once
#include <cstdint>
#include <vector>

namespace segfleet {

struct BatchBounds {
  int largest = 1;    // that the engine was loaded for
  bool grow = false;  // else the largest at once
  int first = 0;      // where an earlier worker ran out of memory; 0: nothing known
};

class BatchChooser {
 public:
  static constexpr int kFirstRest = 512;

  explicit BatchChooser(const BatchBounds& bounds);

  int limit() const;  // at least 1

  // What fits by the latest measurement; anything below 1 counts as 1.
  void set_fitting(int items);
  // A call that went well. work: any measure that is proportional to the pixels of the whole batch.
  void ran(int items, double work, double seconds);
  void ran_out_of_memory(int items);

 private:
  int ceiling() const;
  void choose();  // the next size to try, by what was measured
  void judge();
  void rest();
  void grow_after_trouble();

  const int largest_;
  const bool grow_;
  int fitting_;
  int safe_;                   // what memory trouble left
  int patience_ = 64;          // full calls before more is tried
  int calm_ = 0;               // of these, since the last trouble or growth
  bool grown_ = false;         // since the last trouble
  int size_;                   // grow_: being measured, or settled on
  int best_ = 0;               // grow_: best size measured; 0: none yet
  double best_rate_ = 0;       // work a second
  bool settled_ = false;       // grow_: more did not pay
  int rest_ = kFirstRest;      // full calls of the best before the search begins again
  int rested_ = 0;             // of these
  int found_before_ = 0;       // by the search before; 0: there was none
  bool warm_ = false;          // the first call of size_ is over
  std::vector<double> rates_;  // of size_
};

}  // namespace segfleet
