// SPDX-License-Identifier: Apache-2.0
// The search itself: turns of the halving become trials, trials become rows. Thread-safety: one thread.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fleet/use_engine.h"
#include "tune/halving.h"
#include "tune/sample.h"
#include "tune/trial.h"
#include "tune/tune.h"

namespace segfleet {

class Search {
 public:
  // `start_ns`: from when the budget counts, on the steady clock. All references outlive the search.
  Search(const TuneOptions& options, const EngineUse& use, std::vector<Candidate> candidates,
         PictureSample sample, const TrialFolder& folder, TuneObserver& observer, const StopRequest& stop,
         std::int64_t start_ns);

  // Errors: interrupted; invalid_argument where nothing was measured, or nothing that agrees with fp32; the
  // first candidate's own error where all failed.
  Status execute();

  // After execute():
  std::size_t winner() const { return *halving_.winner(); }
  const TrialResult& last_trial_of(std::size_t candidate) const { return trials_.at(candidate); }
  std::vector<Measured> rows() const;  // by candidate; those that were never tried are left out
  const std::vector<Candidate>& candidates() const { return candidates_; }
  int trials() const { return number_; }
  std::vector<std::size_t> untried() const;

 private:
  using Group = std::pair<std::string, Precision>;  // all of one group give the same labels

  Status make_reference(Candidate candidate);
  Status take_turn(const Turn& turn);
  TrialRequest request_for(const Candidate& candidate, double window_s, bool whole_pass) const;
  Result<TrialResult> try_candidate(const Candidate& candidate, double window_s, bool whole_pass);
  Status compare(const Group& group);
  Status keep_as_reference(const Group& group);
  void recommend_none_of(const Group& group, const std::string& problem);
  void refuse(std::size_t candidate, const Error& error);
  Result<bool> leave_out(const std::vector<ItemEvent>& failures);
  void clear_output() const;
  double elapsed_s() const;
  Error nothing_measured() const;
  std::vector<std::string> first_pass() const;

  const TuneOptions& options_;
  const EngineUse& use_;
  std::vector<Candidate> candidates_;
  PictureSample sample_;
  const TrialFolder& folder_;
  TuneObserver& observer_;
  const StopRequest& stop_;
  std::int64_t start_ns_;
  Halving halving_;
  int number_ = 0;
  bool have_reference_ = false;
  std::map<std::string, std::string> no_reference_;   // by engine: why its fp32 masks cannot be made
  std::map<Group, std::optional<double>> agreement_;  // nothing: it cannot be compared
  std::map<std::size_t, TrialResult> trials_;         // the last one of each candidate
  std::map<std::size_t, int> trial_counts_;
  std::map<std::size_t, std::string> problems_;
  std::optional<Error> first_error_;
  std::string last_left_out_;  // why a picture was
  std::set<std::string> notes_;
};

}  // namespace segfleet
