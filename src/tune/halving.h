// SPDX-License-Identifier: Apache-2.0
// Successive halving in a time budget: every candidate gets a short trial, the better half a longer one, and
// so on; the last few take turns. A pure state machine: turns out, measurements in, no clock of its own.
// Thread-safety: one thread.
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

namespace segfleet {

struct HalvingOptions {
  double budget_s = 60;
  double first_share = 0.45;      // of the budget: by then the first round ends, whoever was not tried
  double least_window_s = 0.4;    // of measuring in one turn
  double most_window_s = 4;       // in the final; a quarter of it in the first round
  std::size_t finalists = 3;      // that take turns at the end
  int final_turns = 3;            // of each
  double overhead_guess_s = 0.5;  // what a turn costs beyond its window, before any was measured
};

// What to measure next.
struct Turn {
  std::size_t candidate = 0;
  int round = 0;  // from 0
  double window_s = 0;
};

struct Standing {
  int round = -1;                    // the last one in which it was measured; -1: never
  std::vector<double> images_per_s;  // of that round; the final gives several
  bool dropped = false;              // failed, or may not win
  double median() const;             // 0: never measured
};

class Halving {
 public:
  // Candidates are known by their index; of equals the lower index wins, so the simplest comes first.
  Halving(std::size_t candidates, const HalvingOptions& options);

  // Nothing: the search is over. `elapsed_s` is since its start and never falls.
  std::optional<Turn> next(double elapsed_s);
  // What the last turn gave, and how long all of it took, loading included.
  void measured(double images_per_s, double took_s);
  // A turn without a figure.
  void failed(double took_s);
  // It gets no more turns and cannot win: it failed, or its results are not wanted.
  void drop(std::size_t candidate) { standings_[candidate].dropped = true; }

  const std::vector<Standing>& standings() const { return standings_; }
  int round() const { return round_; }
  // About how many turns are still to come.
  std::size_t turns_left() const { return queue_.size() - position_; }

  // The fastest of those that came furthest; of those as fast within the noise, the first.
  // Nothing: none was measured.
  std::optional<std::size_t> winner() const;
  // By how much the best one's turns differ, at least 2 % and at most 3 %.
  double noise_share() const;

 private:
  double overhead_s() const;
  void begin_next_round(double elapsed_s);
  void fill_queue(double elapsed_s);
  bool in_time(double elapsed_s) const;
  std::optional<std::size_t> fastest() const;

  HalvingOptions options_;
  std::vector<Standing> standings_;
  std::vector<std::size_t> contenders_;  // of this round
  std::vector<std::size_t> queue_;       // their turns
  std::size_t position_ = 0;             // in the queue
  int round_ = 0;
  bool final_ = false;
  bool over_ = false;
  double window_s_ = 0;
  double round_ends_s_ = 0;
  std::optional<Turn> turn_;
  std::vector<double> overheads_s_;
};

}  // namespace segfleet
