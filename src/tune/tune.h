// SPDX-License-Identifier: Apache-2.0
// Finds the plan for a model on this machine: short real runs on a sample of the user's pictures, by
// successive halving. Thread-safety: plain data, but for what says otherwise.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "segfleet/options.h"
#include "segfleet/run.h"
#include "tune/grid.h"
#include "tune/plan.h"

namespace segfleet {

struct TuneOptions {
  // What is computed, and where engines are found. Engine, engine_options aside: the grid says how.
  ComputeOptions compute;
  std::vector<std::string> inputs;  // as RunOptions
  Grid grid;                        // lists that are empty are filled
  double budget_s = 60;             // 1 to 86400
  double least_agreement = 0.995;   // 0 to 1: share of pixels that must have the fp32 plan's label
  std::size_t sample = 16;          // pictures, 1 to 999
  // The plan goes here, whole or not at all; trials write and remove a folder beside it.
  std::filesystem::path output = "plan.yaml";
};

// Of one trial.
struct TrialNews {
  int number = 0;              // from 1
  int round = 0;               // from 0
  std::size_t turns_left = 0;  // of this round, after it
  Candidate candidate;
  double elapsed_s = 0;  // since the start
  double budget_s = 0;
  double images_per_s = 0;  // 0: no figure
  std::string problem;      // why not; empty: measured
};

// Calls come on tune()'s own thread. Implementations must not throw.
class TuneObserver {
 public:
  virtual ~TuneObserver() = default;
  virtual void planned(const std::vector<Candidate>& /*candidates*/, std::size_t /*sample*/,
                       std::size_t /*of*/) {}
  virtual void trial_started(const TrialNews&) {}
  virtual void trial_ended(const TrialNews&) {}
  virtual void note(const std::string&) {}  // what changes results or speed, said once
};

struct TuneResult {
  Plan plan;                // its `measured`: the fastest first, then those without a figure
  std::size_t recommended;  // index into plan.measured
  int trials = 0;
  double elapsed_s = 0;
};

// Blocking; writes options.output. One tuner on a machine at a time (output_locked otherwise, naming the
// other). Errors: those of run() before its output; invalid_argument where the budget did not suffice for one
// figure or no candidate agrees; interrupted: nothing was written. Temporary files are removed in every case.
Result<TuneResult> tune(const TuneOptions& options, TuneObserver& observer, const StopRequest& stop);

}  // namespace segfleet
