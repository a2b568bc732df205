// SPDX-License-Identifier: Apache-2.0
// How many threads one stage has at work, by how the engine fares. Pure: what was measured is told to it.
// Thread-safety: one thread at a time.
//
// - The engine waited for this stage, and the stage had work for more threads: half as many more at once.
// - It has not waited for it in kFirstPatience looks in a row: one less, down to the first number. Where that
//   is too few, the patience doubles, so that the number comes to rest.
#pragma once

namespace segfleet {

class HelperCount {
 public:
  static constexpr int kFirstPatience = 20;

  // most: as many cores as the stage may use; below first: it stays at first.
  HelperCount(int first, int most);

  int count() const { return count_; }
  // A look. waiting_share: of the engine's time since the last one, 0 to 1, in which it waited for this
  // stage. backlog: items wait for a thread of the stage, and nothing behind it holds its threads up.
  void observe(double waiting_share, bool backlog);

 private:
  void rise();

  const int first_;
  const int most_;
  int count_;
  int patience_ = kFirstPatience;  // looks without any waiting before a thread is spared
  int calm_ = 0;                   // of these, in a row
  bool fell_ = false;              // since it rose last
};

}  // namespace segfleet
