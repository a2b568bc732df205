// SPDX-License-Identifier: Apache-2.0
// Thousands of jobs with random faults, each replayable from its seed: SEGFLEET_SEED=n runs one,
// SEGFLEET_SEEDS=n runs the first n.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "dispatcher_world.h"

namespace segfleet {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(DispatcherSimulation, KeepsItsPromisesUnderRandomFaults) {
  const bool one = std::getenv("SEGFLEET_SEED") != nullptr;
  const std::uint64_t first = number_from("SEGFLEET_SEED", 1);
  const std::uint64_t count = one ? 1 : number_from("SEGFLEET_SEEDS", 2000);
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
    total.leases += world.summary().leases;
    total.steps += world.summary().steps;
  }
  RecordProperty("items", std::to_string(total.items));
  RecordProperty("deaths", std::to_string(total.deaths));
  if (one || count < 2000) return;
  // The faults that the promises are about do happen.
  EXPECT_GT(total.failed, 1000u);
  EXPECT_GT(total.deaths, 10000u);
  EXPECT_GT(total.devices_lost, 100u);
  EXPECT_GT(total.done, total.items / 2);
}

TEST(DispatcherSimulation, IsTheSameForTheSameSeed) {
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
