// SPDX-License-Identifier: Apache-2.0
// Worlds with faults of every kind, from a seed.
#include "dispatcher_world.h"

namespace segfleet {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::int64_t draw(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(double share) { return static_cast<double>(random_() >> 11) * 0x1p-53 < share; }
  double ms(std::int64_t low, std::int64_t high) { return static_cast<double>(draw(low, high)) * 1e-3; }

 private:
  std::mt19937_64 random_;
};

SimDevice random_device(Dice& dice, bool faulty) {
  SimDevice device;
  if (faulty && dice.chance(0.4)) device.fault = static_cast<Fault>(dice.draw(1, 6));
  device.bad_loads = static_cast<int>(dice.draw(1, 4));
  device.slots = static_cast<std::uint32_t>(dice.draw(1, 3));
  device.lanes = static_cast<int>(dice.draw(1, 4));
  device.batch = static_cast<int>(dice.draw(1, 4));
  device.item_s = dice.ms(1, 50);
  device.call_s = dice.chance(0.5) ? 0 : dice.ms(1, 20);
  device.load_s = dice.ms(10, 500);
  if (dice.chance(0.15)) {
    device.slow_at_s = dice.ms(0, 3000);
    device.slow_factor = static_cast<double>(dice.draw(2, 12));
  }
  if (faulty && dice.chance(0.1)) device.gone_at_s = dice.ms(0, 3000);
  return device;
}

void wish_for_changes(Dice& dice, WorldPlan& plan) {
  for (std::int64_t count = dice.draw(1, 6); count > 0; --count) {
    UserWish wish;
    wish.at_s = dice.ms(0, 3000);
    switch (dice.draw(0, 3)) {
      case 0:
        wish.wish = Wish::pause;
        plan.wishes.push_back(wish);
        wish.at_s += dice.ms(0, 2000);
        wish.wish = Wish::resume;
        break;
      case 1:
        wish.wish = Wish::add;
        wish.added = random_device(dice, dice.chance(0.2));
        break;
      case 2:
        wish.wish = Wish::remove;
        wish.device = static_cast<std::uint32_t>(dice.draw(0, 6));
        break;
      default:
        wish.wish = Wish::slowed;
        wish.device = static_cast<std::uint32_t>(dice.draw(0, 6));
        wish.share = static_cast<double>(dice.draw(0, 100)) * 1e-2;
    }
    plan.wishes.push_back(wish);
  }
}

}  // namespace

WorldPlan random_plan(std::uint64_t seed) {
  Dice dice(~seed);
  WorldPlan plan;
  const bool faulty = dice.chance(0.4);
  for (std::int64_t count = dice.draw(1, 6); count > 0; --count)
    plan.devices.push_back(random_device(dice, faulty));
  const auto items = static_cast<std::size_t>(dice.chance(0.1) ? dice.draw(0, 5) : dice.draw(0, 300));
  const double poison = dice.chance(0.5) ? 0 : dice.chance(0.8) ? 0.03 : 0.4;
  plan.costs.assign(items, 1);
  plan.poison.resize(items);
  for (Poison& item : plan.poison)
    if (dice.chance(poison)) item = dice.chance(0.7) ? Poison::kills : static_cast<Poison>(dice.draw(2, 3));
  if (dice.chance(0.2))
    for (float& cost : plan.costs) cost = dice.chance(0.05) ? 20 : 1;
  plan.options.item_timeout_ns = 20'000'000'000;
  plan.options.load_timeout_ns = 20'000'000'000;
  plan.options.one_at_a_time = dice.chance(0.1);
  plan.options.speculate = dice.chance(0.9);
  if (dice.chance(0.1)) plan.options.max_failures = static_cast<std::uint64_t>(dice.draw(0, 20));
  plan.latency_s = static_cast<double>(dice.draw(0, 2000)) * 1e-6;
  plan.item_gap_s = dice.chance(0.2) ? dice.ms(0, 20) : 0;
  plan.cost_jitter = 0.5;
  plan.crash_share = dice.chance(0.4) ? 0.01 : 0;
  plan.failed_share = 0.1;
  plan.random_stats = true;
  if (dice.chance(0.3)) wish_for_changes(dice, plan);
  if (dice.chance(0.1)) plan.wishes.push_back({dice.ms(0, 3000), Wish::stop});
  if (dice.chance(0.05)) plan.wishes.push_back({dice.ms(0, 3000), Wish::abort});
  return plan;
}

}  // namespace segfleet
