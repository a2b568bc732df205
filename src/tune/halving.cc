// SPDX-License-Identifier: Apache-2.0
#include "tune/halving.h"

#include <algorithm>
#include <cmath>

namespace segfleet {
namespace {

constexpr double kLeastNoise = 0.02;
constexpr double kMostNoise = 0.03;  // more would let a clearly slower plan win for being simple

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

double Standing::median() const {
  return median_of(images_per_s);
}

Halving::Halving(std::size_t candidates, const HalvingOptions& options)
    : options_(options), standings_(candidates) {
  for (std::size_t i = 0; i < candidates; ++i) contenders_.push_back(i);
  final_ = candidates <= options_.finalists;
  fill_queue(0);
}

double Halving::overhead_s() const {
  return overheads_s_.empty() ? options_.overhead_guess_s : median_of(overheads_s_);
}

void Halving::fill_queue(double elapsed_s) {
  queue_.clear();
  position_ = 0;
  // The rounds to come share what is left, so that turns grow as contenders fall away.
  const double contenders_to_finalists =
      static_cast<double>(contenders_.size()) / static_cast<double>(options_.finalists);
  const double rounds = final_ ? 0 : std::max(1.0, std::ceil(std::log2(contenders_to_finalists)));
  const double share_s = std::max(0.0, options_.budget_s - elapsed_s) / (rounds + 1);
  const bool first = round_ == 0 && !final_;
  const double longest_s = first ? options_.most_window_s / 4 : options_.most_window_s;
  round_ends_s_ = first ? options_.first_share * options_.budget_s : elapsed_s + share_s;
  const int repeats = final_ ? options_.final_turns : 1;
  for (int repeat = 0; repeat < repeats; ++repeat)
    queue_.insert(queue_.end(), contenders_.begin(), contenders_.end());
  const double each_s = share_s / static_cast<double>(std::max<std::size_t>(1, queue_.size()));
  window_s_ = std::clamp(each_s - overhead_s(), options_.least_window_s, longest_s);
}

// A turn is begun only where it can also end; but the very first one, without which there is nothing.
bool Halving::in_time(double elapsed_s) const {
  if (overheads_s_.empty()) return elapsed_s < options_.budget_s;
  const double ends_s = elapsed_s + overhead_s() + options_.least_window_s;
  return ends_s <= options_.budget_s && (final_ || elapsed_s < round_ends_s_);
}

std::optional<Turn> Halving::next(double elapsed_s) {
  while (!over_) {
    while (position_ < queue_.size() && standings_[queue_[position_]].dropped) ++position_;
    if (position_ < queue_.size() && in_time(elapsed_s)) {
      const double room_s = options_.budget_s - elapsed_s - overhead_s();
      turn_ =
          Turn{queue_[position_++], round_, std::max(options_.least_window_s, std::min(window_s_, room_s))};
      return turn_;
    }
    begin_next_round(elapsed_s);
  }
  return std::nullopt;
}

void Halving::begin_next_round(double elapsed_s) {
  position_ = queue_.size();
  std::vector<std::size_t> reached;
  for (const std::size_t candidate : contenders_)
    if (!standings_[candidate].dropped && standings_[candidate].round == round_) reached.push_back(candidate);
  over_ = final_ || reached.empty();
  if (over_) return;
  std::ranges::stable_sort(
      reached, [&](std::size_t a, std::size_t b) { return standings_[a].median() > standings_[b].median(); });
  const std::size_t half = std::max((reached.size() + 1) / 2, options_.finalists);
  if (half < reached.size()) reached.resize(half);
  contenders_ = std::move(reached);
  ++round_;
  final_ = contenders_.size() <= options_.finalists;
  fill_queue(elapsed_s);
}

void Halving::measured(double images_per_s, double took_s) {
  Standing& standing = standings_[turn_->candidate];
  if (standing.round != turn_->round) standing.images_per_s.clear();
  standing.round = turn_->round;
  standing.images_per_s.push_back(images_per_s);
  overheads_s_.push_back(std::max(0.0, took_s - turn_->window_s));
}

void Halving::failed(double took_s) {
  overheads_s_.push_back(std::max(0.0, took_s - turn_->window_s));
}

std::optional<std::size_t> Halving::fastest() const {
  std::optional<std::size_t> best;
  for (const std::size_t candidate : contenders_) {
    const Standing& standing = standings_[candidate];
    if (standing.dropped || standing.round < 0) continue;
    if (!best || standing.median() > standings_[*best].median()) best = candidate;
  }
  return best;
}

double Halving::noise_share() const {
  const auto best = fastest();
  if (!best) return kLeastNoise;
  const auto& turns = standings_[*best].images_per_s;
  const auto [least, most] = std::ranges::minmax(turns);
  const double median = standings_[*best].median();
  return median > 0 ? std::clamp((most - least) / (2 * median), kLeastNoise, kMostNoise) : kLeastNoise;
}

std::optional<std::size_t> Halving::winner() const {
  const auto best = fastest();
  if (!best) return std::nullopt;
  const double enough = standings_[*best].median() * (1 - noise_share());
  std::size_t first = *best;
  for (const std::size_t candidate : contenders_) {
    const Standing& standing = standings_[candidate];
    if (!standing.dropped && standing.round >= 0 && standing.median() >= enough)
      first = std::min(first, candidate);
  }
  return first;
}

}  // namespace segfleet
