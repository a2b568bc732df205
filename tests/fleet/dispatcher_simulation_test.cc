// SPDX-License-Identifier: Apache-2.0
// Thousands of jobs with random faults, each replayable from its seed: SEGFLEET_SEED=n runs one,
// SEGFLEET_SEEDS=n runs the first n of each shard.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "dispatcher_world.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kShardSeeds = SEGFLEET_SIMULATION_SEEDS;
constexpr std::uint64_t kShards = 4;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The shards are tests of their own so that they run side by side.
class DispatcherSimulation : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(DispatcherSimulation, KeepsItsPromisesUnderRandomFaults) {
  const bool one = std::getenv("SEGFLEET_SEED") != nullptr;
  const std::uint64_t first = number_from("SEGFLEET_SEED", GetParam() * kShardSeeds + 1);
  const std::uint64_t count = one ? 1 : number_from("SEGFLEET_SEEDS", kShardSeeds);
  WorldSummary total;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    World world(seed);
    world.run();
    ASSERT_EQ(world.complaint(), "") << "replay with SEGFLEET_SEED=" << seed;
    total.items += world.summary().items;
    total.done += world.summary().done;
    total.failed += world.summary().failed;
    total.deaths += world.summary().deaths;
    total.devices_lost += world.summary().devices_lost;
    total.copies += world.summary().copies;
    total.added += world.summary().added;
    total.removed += world.summary().removed;
    total.pauses += world.summary().pauses;
  }
  RecordProperty("items", std::to_string(total.items));
  RecordProperty("deaths", std::to_string(total.deaths));
  RecordProperty("copies", std::to_string(total.copies));
  if (one || count < 1000) return;
  // The faults that the promises are about do happen.
  EXPECT_GT(total.failed, count / 2);
  EXPECT_GT(total.deaths, count * 5);
  EXPECT_GT(total.devices_lost, count / 20);
  EXPECT_GT(total.copies, count / 10);
  EXPECT_GT(total.added, count / 10);
  EXPECT_GT(total.removed, count / 20);
  EXPECT_GT(total.pauses, count / 10);
  EXPECT_GT(total.done, total.items / 2);
}

INSTANTIATE_TEST_SUITE_P(Shard, DispatcherSimulation, ::testing::Range(std::uint64_t{0}, kShards));

TEST(DispatcherSimulationSeed, GivesTheSameWorldAgain) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World first(seed);
    World second(seed);
    first.run();
    second.run();
    EXPECT_EQ(first.summary().steps, second.summary().steps);
    EXPECT_EQ(first.summary().seconds, second.summary().seconds);
    EXPECT_EQ(first.summary().leases, second.summary().leases);
  }
}

}  // namespace
}  // namespace segfleet
