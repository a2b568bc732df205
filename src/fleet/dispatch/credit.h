// SPDX-License-Identifier: Apache-2.0
// How many items one worker may hold: as many as keep its engine from starving, and no more. Starts at two
// batches for each lane and four items on their way, follows the measured idle share of the engine.
// Thread-safety: one thread at a time.
#pragma once

namespace segfleet {

class Credit {
 public:
  // in_engine: items that the engine takes at once, lanes × batch. fixed_at_one: the worker never holds two.
  Credit(int in_engine, bool fixed_at_one);
  Credit() : Credit(1, false) {}

  // Its batch has changed: what it may hold changes by as much.
  void set_in_engine(int in_engine);

  int limit() const;
  // Enough for busy lanes while the next batch is prepared: what a worker holds near the end of the job.
  int least_useful() const { return least_useful_; }

  // A report on the engine: the share of its time, 0 to 1, that it waited for input. credit_bound: the worker
  // held all its credit while items were pending, so more credit might have helped.
  void observe(double engine_idle_share, bool credit_bound);

  // The share of the device's full speed, 0 to 1, that is ours now. Less: the limit falls at once, not below
  // what is useful. More: it comes back by a tenth of the full with each report.
  void observe_speed_share(double share);

 private:
  bool fixed_at_one_;
  int least_useful_ = 1;
  int floor_ = 1;
  int ceiling_ = 1;
  int limit_ = 1;  // at full speed
  double speed_share_ = 1;
};

}  // namespace segfleet
