// SPDX-License-Identifier: Apache-2.0
// The dispatcher in virtual time (tests/fleet/dispatcher_world.h), against a bound that no dispatcher can
// beat, and its own cost on one core.
//   dispatch_bench equal|speeds|slows|dies|costly_last|huge|events
// Prints one JSON object. Of a world: makespan_s and bound_s, the time T at which the devices, always busy
// from 0 on, would have done all the work: the sum over devices of the integral of speed(t) from 0 to T
// equals the sum of the items' costs; where calls are whole batches, T is rounded up to whole calls.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/process_usage.h"
#include "dispatcher_world.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kSeed = 1;

double work_done(const SimDevice& device, double until_s) {
  const double working_s = std::min(until_s, device.gone_at_s);
  const double fast_s = std::min(working_s, device.slow_at_s);
  return (fast_s + (working_s - fast_s) / device.slow_factor) / device.item_s;
}

double bound_s(const WorldPlan& plan) {
  const double work = std::accumulate(plan.costs.begin(), plan.costs.end(), 0.0);
  double low = 0;
  double high = 1e9;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    double done = 0;
    for (const SimDevice& device : plan.devices) done += work_done(device, middle);
    (done < work ? low : high) = middle;
  }
  return high;
}

int print_world(WorldPlan plan, double bound) {
  const double start_s = process_cpu_seconds();
  World world(std::move(plan), kSeed);
  world.run();
  const WorldSummary& summary = world.summary();
  if (!world.complaint().empty() || !summary.end || !summary.end->ok() || summary.done != summary.items) {
    std::fprintf(stderr, "dispatch_bench: %s\n",
                 world.complaint().empty() ? "items were lost" : world.complaint().c_str());
    return 1;
  }
  std::printf(
      "{\"makespan_s\": %.6f, \"bound_s\": %.6f, \"items\": %llu, \"copies\": %llu, \"cpu_s\": %.2f}\n",
      summary.seconds, bound, static_cast<unsigned long long>(summary.items),
      static_cast<unsigned long long>(summary.copies), process_cpu_seconds() - start_s);
  return 0;
}

SimDevice device_of(double item_s) {
  SimDevice device;
  device.item_s = item_s;
  return device;
}

// 1,024 devices, 200 batches of 8 items for each, 10 ms a batch however full.
int equal() {
  WorldPlan plan;
  SimDevice device;
  device.item_s = 0;
  device.call_s = 0.01;
  device.batch = 8;
  plan.devices.assign(1024, device);
  plan.costs.assign(std::size_t{1024} * 8 * 200, 1);
  return print_world(std::move(plan), 0.01 * 200);
}

// 1 : 2 : 4 : 8, items of 10 ms on the fastest on average, lognormal with sigma 1.
int speeds() {
  WorldPlan plan;
  for (const double item_s : {0.08, 0.04, 0.02, 0.01}) plan.devices.push_back(device_of(item_s));
  std::mt19937_64 random(kSeed);
  std::lognormal_distribution<float> cost(-0.5F, 1.0F);  // mean 1
  for (int i = 0; i < 10'000; ++i) plan.costs.push_back(cost(random));
  const double bound = bound_s(plan);
  return print_world(std::move(plan), bound);
}

WorldPlan four_devices() {
  WorldPlan plan;
  plan.devices.assign(4, device_of(0.01));
  plan.costs.assign(4'000, 1);  // 10 s
  return plan;
}

int slows() {
  WorldPlan plan = four_devices();
  plan.devices[0].slow_at_s = 5;
  plan.devices[0].slow_factor = 10;
  const double bound = bound_s(plan);
  return print_world(std::move(plan), bound);
}

int dies() {
  WorldPlan plan = four_devices();
  plan.devices[0].gone_at_s = 5;
  const double bound = bound_s(plan);
  return print_world(std::move(plan), bound);
}

// The bound of the others, and then the last one's own time.
int costly_last() {
  WorldPlan plan = four_devices();
  plan.costs.pop_back();
  const double bound = bound_s(plan);
  plan.costs.push_back(50);
  return print_world(std::move(plan), bound + 50 * 0.01);
}

int huge() {
  WorldPlan plan;
  plan.devices.assign(10'000, device_of(0.01));
  for (std::size_t i = 0; i < plan.devices.size(); i += 100) plan.devices[i].gone_at_s = 1;
  plan.devices[1].slow_at_s = 2;
  plan.devices[1].slow_factor = 10;
  plan.costs.assign(10'000'000, 1);
  plan.crash_share = 1e-5;
  const double bound = bound_s(plan);
  return print_world(std::move(plan), bound);
}

// Outcomes in turn from 1,024 workers, with the lease that each brings about, and a report of each worker
// for every 256 of its outcomes. Only the dispatcher: no world, no messages.
int events() {
  constexpr std::uint32_t kDevices = 1024;
  constexpr std::uint64_t kItems = 4'000'000;
  DispatcherOptions options;
  for (std::uint32_t device = 0; device < kDevices; ++device) options.device_of_slot.push_back(device);
  Dispatcher dispatcher(options);
  std::vector<std::deque<LeaseEntry>> held(kDevices);
  std::uint64_t events = 0;
  bool finished = false;
  const auto obey = [&] {
    for (const Action& action : dispatcher.take_actions()) {
      if (const auto* lease = std::get_if<SendLease>(&action))
        held[lease->slot].insert(held[lease->slot].end(), lease->items.begin(), lease->items.end());
      finished = finished || std::holds_alternative<Finished>(action);
    }
  };
  std::int64_t now_ns = 0;
  dispatcher.start(now_ns);
  for (ItemId id = 0; id < kItems; ++id) dispatcher.source_item(id);
  dispatcher.source_end(now_ns);
  obey();
  const double start_s = process_cpu_seconds();
  for (SlotId slot = 0; slot < kDevices; ++slot, ++events) dispatcher.worker_ready(slot, 1, {4, 1}, now_ns);
  obey();
  for (std::uint64_t turn = 0; !finished; ++turn) {
    for (SlotId slot = 0; slot < kDevices && !finished; ++slot) {
      now_ns += 1000;
      if (!held[slot].empty()) {
        const LeaseEntry entry = held[slot].front();
        held[slot].pop_front();
        dispatcher.item_done(slot, 1, entry.id, entry.attempt, now_ns);
        ++events;
      }
      if (turn % 256 == slot % 256) {
        dispatcher.worker_stats(slot, 1, 0.01, now_ns);
        ++events;
      }
      if (now_ns >= dispatcher.next_tick_ns()) {
        dispatcher.tick(now_ns);
        ++events;
      }
      obey();
    }
  }
  std::printf("{\"events\": %llu, \"cpu_s\": %.4f}\n", static_cast<unsigned long long>(events),
              process_cpu_seconds() - start_s);
  return 0;
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  using namespace segfleet;
  const std::string which = argc == 2 ? argv[1] : "";
  if (which == "equal") return equal();
  if (which == "speeds") return speeds();
  if (which == "slows") return slows();
  if (which == "dies") return dies();
  if (which == "costly_last") return costly_last();
  if (which == "huge") return huge();
  if (which == "events") return events();
  std::fprintf(stderr, "usage: dispatch_bench equal|speeds|slows|dies|costly_last|huge|events\n");
  return 2;
}
