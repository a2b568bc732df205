// SPDX-License-Identifier: Apache-2.0
#include "tune/halving.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace segfleet {
namespace {

constexpr double kRounding = 1e-9;

// A machine whose trials take `overhead_s` beyond their window, in virtual time.
class Searching {
 public:
  Searching(std::vector<double> speeds, const HalvingOptions& options)
      : halving(speeds.size(), options), speeds_(std::move(speeds)) {}

  void run() {
    while (const auto turn = halving.next(now_s)) {
      turns.push_back(*turn);
      const double took_s = turn->window_s + overhead_s;
      now_s += took_s;
      if (fails && fails(turn->candidate)) {
        halving.failed(took_s);
        halving.drop(turn->candidate);
      } else {
        halving.measured(speeds_[turn->candidate] * (1 + noise(*turn)), took_s);
      }
    }
  }
  int turns_of(std::size_t candidate) const {
    return static_cast<int>(
        std::ranges::count_if(turns, [&](const Turn& turn) { return turn.candidate == candidate; }));
  }

  Halving halving;
  std::vector<Turn> turns;
  double now_s = 0;
  double overhead_s = 0.5;
  std::function<double(const Turn&)> noise = [](const Turn&) { return 0.0; };
  std::function<bool(std::size_t)> fails;

 private:
  std::vector<double> speeds_;
};

std::vector<double> speeds(std::size_t count) {
  std::vector<double> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(10 + static_cast<double>(i * 7 % count));
  return result;
}

TEST(Halving, FindsTheFastestWithinTheBudget) {
  Searching search(speeds(24), {.budget_s = 60});
  search.run();
  const std::vector<double> all = speeds(24);
  const auto best = std::ranges::max_element(all) - all.begin();
  EXPECT_EQ(search.halving.winner(), static_cast<std::size_t>(best));
  EXPECT_LE(search.now_s, 60 + kRounding);
}

TEST(Halving, EachRoundHasFewerContendersAndLongerTurns) {
  Searching search(speeds(24), {.budget_s = 60});
  search.run();
  std::vector<int> counts(8);
  std::vector<double> windows(8);
  for (const Turn& turn : search.turns) {
    ++counts[static_cast<std::size_t>(turn.round)];
    windows[static_cast<std::size_t>(turn.round)] = turn.window_s;
  }
  EXPECT_EQ(counts[0], 24);
  EXPECT_EQ(counts[1], 12);
  EXPECT_EQ(counts[2], 6);
  EXPECT_EQ(counts[3], 9) << "three finalists, three turns each";
  EXPECT_EQ(counts[4], 0);
  EXPECT_LT(windows[0], windows[1]);
  EXPECT_LT(windows[1], windows[3]);
}

TEST(Halving, FinalistsTakeTurns) {
  Searching search({10, 20, 30}, {.budget_s = 60});
  search.run();
  std::vector<std::size_t> order;
  for (const Turn& turn : search.turns) order.push_back(turn.candidate);
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
}

TEST(Halving, OfEqualsTheSimplestWins) {
  Searching search({100, 101, 99.5}, {.budget_s = 60});
  search.run();
  EXPECT_EQ(search.halving.winner(), 0u) << "1 % is noise";
  Searching other({100, 104, 99.5}, {.budget_s = 60});
  other.run();
  EXPECT_EQ(other.halving.winner(), 1u) << "4 % is not";
}

TEST(Halving, TheMedianOfTheFinalBeatsOneLuckyTurn) {
  Searching search({100, 120, 90}, {.budget_s = 60});
  int turns_of_first = 0;
  search.noise = [&](const Turn& turn) { return turn.candidate == 0 && ++turns_of_first == 2 ? 0.8 : 0.0; };
  search.run();
  EXPECT_EQ(search.halving.winner(), 1u);
}

TEST(Halving, ABudgetThatDoesNotReachForAllTriesTheFirstOnes) {
  Searching search(speeds(24), {.budget_s = 10});
  search.run();
  EXPECT_LE(search.now_s, 10 + kRounding);
  EXPECT_GT(search.turns_of(0), 0);
  EXPECT_EQ(search.turns_of(23), 0);
  ASSERT_TRUE(search.halving.winner());
  EXPECT_GT(search.turns_of(*search.halving.winner()), 0);
}

TEST(Halving, TheFirstTurnIsTakenHoweverLongItMayLast) {
  Searching search(speeds(24), {.budget_s = 1});
  search.overhead_s = 5;
  search.run();
  EXPECT_EQ(search.turns.size(), 1u);
  EXPECT_EQ(search.halving.winner(), 0u);
}

TEST(Halving, FailedOnesGetNoMoreTurnsAndCannotWin) {
  Searching search({10, 50, 20, 30, 40}, {.budget_s = 60});
  search.fails = [](std::size_t candidate) { return candidate == 1; };
  search.run();
  EXPECT_EQ(search.turns_of(1), 1);
  EXPECT_EQ(search.halving.winner(), 4u);
}

TEST(Halving, NothingWinsWhereAllFailed) {
  Searching search({10, 50, 20, 30, 40}, {.budget_s = 60});
  search.fails = [](std::size_t) { return true; };
  search.run();
  EXPECT_EQ(search.turns.size(), 5u);
  EXPECT_FALSE(search.halving.winner());
}

TEST(Halving, OnesThatAreNotWantedAreNotTried) {
  Searching search({10, 50, 20, 30, 40}, {.budget_s = 60});
  search.halving.drop(1);
  search.run();
  EXPECT_EQ(search.turns_of(1), 0);
  EXPECT_EQ(search.halving.winner(), 4u);
}

TEST(Halving, WithNoiseTheWinnerIsNearlyTheBestFromEverySeed) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<double> all(30);
    std::lognormal_distribution<double> spread(2, 0.3);
    for (double& speed : all) speed = spread(random);
    Searching search(all, {.budget_s = 60});
    std::normal_distribution<double> noise(0, 0.02);
    search.noise = [&](const Turn& turn) { return noise(random) / std::max(1.0, turn.window_s); };
    search.run();
    ASSERT_TRUE(search.halving.winner());
    EXPECT_GE(all[*search.halving.winner()], 0.95 * std::ranges::max(all)) << "seed " << seed;
    EXPECT_LE(search.now_s, 60 + kRounding) << "seed " << seed;
  }
}

}  // namespace
}  // namespace segfleet
