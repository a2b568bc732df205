// SPDX-License-Identifier: Apache-2.0
// Thousands of jobs with random faults, each replayable from its seed: SEGFLEET_SEED=n runs one,
// SEGFLEET_SEEDS=n runs the first n of each shard.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <random>
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

// Empty where every promise was kept; else the first that was not, and the seed to see it again.
std::string broken_promise(const World& world, std::uint64_t seed) {
  if (world.complaint().empty()) return "";
  return world.complaint() + ": replay with SEGFLEET_SEED=" + std::to_string(seed);
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
    ASSERT_EQ(broken_promise(world, seed), "");
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

// What a faulty dispatcher would do, once. Gives whether there was something to spoil.
struct Spoiling {
  const char* promise;  // that the world must miss
  std::function<bool(std::vector<Action>&)> spoil;
};

bool spoil_lease(std::vector<Action>& actions, const std::function<void(SendLease&)>& change) {
  for (Action& action : actions)
    if (auto* lease = std::get_if<SendLease>(&action); lease != nullptr && lease->items.size() > 1) {
      change(*lease);
      return true;
    }
  return false;
}

const std::vector<Spoiling>& spoilings() {
  static const std::vector<Spoiling> all{
      {"leased_items() is true",
       [](auto& actions) { return spoil_lease(actions, [](SendLease& lease) { lease.items.pop_back(); }); }},
      {"attempts count up",
       [](auto& actions) {
         return spoil_lease(actions, [](SendLease& lease) { lease.items.push_back(lease.items.front()); });
       }},
      {"credits are bounded",
       [](auto& actions) {
         return spoil_lease(actions, [](SendLease& lease) {
           for (ItemId id = 300; id < 400; ++id) lease.items.push_back({id, 1});
         });
       }},
      {"only workers that are ready get items",
       [](auto& actions) { return spoil_lease(actions, [](SendLease& lease) { ++lease.epoch; }); }},
      {"ok means that every item has its outcome",
       [](auto& actions) {
         actions.emplace_back(Finished{});
         return true;
       }},
      {"epochs count up",
       [](auto& actions) {
         for (Action& action : actions)
           if (auto* spawn = std::get_if<SpawnWorker>(&action)) return ++spawn->epoch > 0;
         return false;
       }},
  };
  return all;
}

TEST(DispatcherSimulationSeed, ShowsABrokenPromiseAgain) {
  for (const Spoiling& spoiling : spoilings()) {
    WorldPlan plan;
    plan.devices.resize(4);
    for (SimDevice& device : plan.devices) device.batch = 4;
    plan.costs.assign(400, 1);
    plan.cost_jitter = 0.5;
    std::string first;
    for (int again = 0; again < 2; ++again) {
      plan.spoil = [&spoiling, done = false](std::vector<Action>& actions) mutable {
        done = done || spoiling.spoil(actions);
      };
      World world(plan, 42);
      world.run();
      const std::string complaint = broken_promise(world, 42);
      EXPECT_EQ(complaint.find(spoiling.promise), 0u) << complaint;
      EXPECT_NE(complaint.find("SEGFLEET_SEED=42"), std::string::npos) << complaint;
      if (again == 0) first = complaint;
      EXPECT_EQ(complaint, first);
    }
  }
}

// Of a size at which lists that grow, and work that grows with the square of anything, would show.
WorldPlan large_plan(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto upto = [&](std::uint64_t most) { return static_cast<double>(random() % (most + 1)); };
  WorldPlan plan;
  for (int i = 0; i < 200; ++i) {
    SimDevice& device = plan.devices.emplace_back();
    device.slots = i % 20 == 0 ? 2 : 1;
    device.lanes = 1 + i % 2;
    device.batch = 1 + i % 3;
    device.item_s = (5 + upto(35)) * 1e-3;
    device.load_s = upto(500) * 1e-3;
    if (i % 25 == 1) device.fault = Fault::says_load_failed;
    if (i % 40 == 0) device.fault = Fault::one_cannot_load;
    if (i % 25 == 2) device.gone_at_s = 1 + upto(5);
    if (i % 10 == 3) {
      device.slow_at_s = 1 + upto(5);
      device.slow_factor = 10;
    }
  }
  plan.costs.assign(100'000, 1);
  for (float& cost : plan.costs) cost = random() % 100 == 0 ? 20 : 1;
  plan.poison.resize(plan.costs.size());
  for (Poison& item : plan.poison)
    if (random() % 5000 == 0) item = Poison::kills;
  plan.options.item_timeout_ns = 20'000'000'000;
  plan.cost_jitter = 0.5;
  plan.crash_share = 1e-4;
  plan.failed_share = 1e-3;
  plan.wishes = {{2, Wish::pause}, {2.5, Wish::resume}, {3, Wish::remove, 7}, {3, Wish::slowed, 8, 0.2}};
  plan.wishes.push_back({4, Wish::add, 0, 1, plan.devices[5]});
  return plan;
}

TEST(DispatcherSimulationLarge, TwoHundredDevicesAndAHundredThousandItemsKeepTheirPromises) {
  constexpr std::uint64_t kSeeds = SEGFLEET_SIMULATION_SEEDS >= 1000 ? 3 : 1;
  const std::uint64_t first = number_from("SEGFLEET_SEED", 1);
  const std::uint64_t count = std::getenv("SEGFLEET_SEED") != nullptr ? 1 : kSeeds;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    World world(large_plan(seed), seed);
    world.run();
    ASSERT_EQ(broken_promise(world, seed), "");
    const WorldSummary& summary = world.summary();
    ASSERT_TRUE(summary.end && summary.end->ok());
    EXPECT_EQ(summary.done + summary.failed, 100'000u);
    EXPECT_GT(summary.deaths, 20u);
    EXPECT_GE(summary.devices_lost, 8u);
    EXPECT_GT(summary.copies, 0u);
    EXPECT_EQ(summary.added + summary.removed, 2u);
  }
}

}  // namespace
}  // namespace segfleet
