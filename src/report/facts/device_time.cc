// SPDX-License-Identifier: Apache-2.0
#include "report/facts/device_time.h"

#include <algorithm>
#include <map>
#include <utility>

namespace segfleet {
namespace {

constexpr double kUsPerSecond = 1e6;

// The items of one worker at a time pass through here, and what they leave are sums by bin.
class DeviceTime {
 public:
  DeviceTime(const std::vector<WorkerRecord>& workers, std::int64_t more_until_us, RunFacts& facts)
      : facts_(facts), more_until_us_(more_until_us) {
    facts.shares_by_bin.resize(facts.bins.count);
    for (DeviceFacts& device : facts.devices)
      for (std::vector<double>& row : device.occupancy) row.resize(facts.bins.count);
    for (const WorkerRecord& worker : workers) {
      const auto [place, is_new] = slots_.try_emplace(worker.slot);
      Slot& slot = place->second;
      if (is_new) slot = slot_of(worker);
      slot.lanes = std::max<std::int64_t>(slot.lanes, worker.lanes);
      count_worker(worker, facts_.devices[slot.device]);
    }
    find_pauses();
    count_lanes();
  }

  // In the order of their numbers, which is the order in which those of a slot followed each other.
  void add(const WorkerRecord& worker, const std::vector<ItemSpan>& items) {
    Slot& slot = slots_[worker.slot];
    spend(slot, slot.at_us, worker.started_us, slot.died ? LaneUse::down : LaneUse::no_item, slot.lanes);
    const std::int64_t end_us = worker.ended_us.value_or(facts_.bins.end_us);
    const std::int64_t ready_us = worker.ready_us.value_or(end_us);
    slot.died = worker.end == "died";
    std::int64_t useful_us = end_us;
    if (slot.died) {
      useful_us = std::min(ready_us, end_us);
      for (const ItemSpan& item : items) useful_us = std::max(useful_us, std::min(item.end_us, end_us));
    }
    spend(slot, worker.started_us, ready_us, LaneUse::loading, slot.lanes);
    lane_time(items, slot.lanes, ready_us, useful_us, more_until_us_,
              [&](std::int64_t from, std::int64_t to, LaneUse use, std::int64_t lanes) {
                spend(slot, from, to, use, lanes);
              });
    spend(slot, useful_us, end_us, LaneUse::down, slot.lanes);
    slot.at_us = end_us;
  }

  void add(const ItemRecord& item, const WorkerRecord& worker) {
    DeviceFacts& device = facts_.devices[device_index(worker.device)];
    const auto occupy = [&](Row row, std::int64_t from_us, std::int64_t to_us) {
      std::vector<double>& cells = device.occupancy[static_cast<std::size_t>(row)];
      if (from_us > 0)
        facts_.bins.cover(from_us, to_us, [&](std::size_t bin, double part) { cells[bin] += part; });
    };
    occupy(Row::prepare, item.at(Moment::begin), span_of(item).prepared_us);
    const std::int64_t finish_us = item.at(Moment::finish_begin);
    occupy(Row::finish, finish_us, finish_us + item.in(Stage::restore) + item.in(Stage::encode));
    occupy(Row::write, item.at(Moment::write_begin), item.at(Moment::end));
  }

  // What came after each slot's last worker; then sums become shares.
  void finish() {
    for (auto& [number, slot] : slots_)
      spend(slot, slot.at_us, facts_.bins.end_us, slot.died ? LaneUse::down : LaneUse::no_item, slot.lanes);
    for (LaneShares& shares : facts_.shares_by_bin) to_shares(shares);
    for (DeviceFacts& device : facts_.devices) {
      for (std::size_t i = 0; i < kLaneUses; ++i) facts_.shares[i] += device.shares[i];
      to_shares(device.shares);
      for (double& cell : device.occupancy[static_cast<std::size_t>(Row::infer)])
        cell /= static_cast<double>(std::max<std::int64_t>(1, device.lanes));
    }
    to_shares(facts_.shares);
  }

 private:
  struct Slot {
    std::size_t device = 0;
    std::int64_t lanes = 1;
    std::int64_t came_us = 0;
    std::int64_t went_us = 0;  // no work was meant for it from then on
    std::int64_t at_us = 0;    // what was before is spent
    bool died = false;
  };

  // A device that is added again has slots of its own, beside those that it had before. One that was lost
  // without a death could not load the model: it was left out.
  Slot slot_of(const WorkerRecord& worker) const {
    Slot slot;
    slot.device = device_index(worker.device);
    slot.went_us = facts_.bins.end_us;
    for (const RunChange& change : facts_.changes) {
      if (change.device != worker.device) continue;
      if (change.what == "added" && change.at_us <= worker.started_us)
        slot.came_us = change.at_us;
      else if ((change.what != "lost" || worker.end != "died") && change.at_us > worker.started_us)
        slot.went_us = std::min(slot.went_us, change.at_us);
    }
    slot.at_us = slot.came_us;
    return slot;
  }

  void find_pauses() {
    for (const RunChange& change : facts_.changes) {
      if (change.what == "paused" && (pauses_.empty() || pauses_.back().second != facts_.bins.end_us))
        pauses_.emplace_back(change.at_us, facts_.bins.end_us);
      else if (change.what == "resumed" && !pauses_.empty())
        pauses_.back().second = change.at_us;
    }
  }

  void count_lanes() {
    std::map<std::pair<std::size_t, std::int64_t>, std::int64_t> lanes;  // by device and when it came
    for (const auto& [number, slot] : slots_) {
      DeviceFacts& device = facts_.devices[slot.device];
      std::int64_t& sum = lanes[{slot.device, slot.came_us}];
      if (sum == 0) device.there_s += static_cast<double>(slot.went_us - slot.came_us) / kUsPerSecond;
      sum += slot.lanes;
      device.lanes = std::max(device.lanes, sum);
    }
  }

  std::size_t device_index(const std::string& name) const {
    const auto found = std::find_if(facts_.devices.begin(), facts_.devices.end(),
                                    [&](const DeviceFacts& device) { return device.device == name; });
    return static_cast<std::size_t>(found - facts_.devices.begin());
  }

  static void count_worker(const WorkerRecord& worker, DeviceFacts& device) {
    ++device.workers;
    if (!worker.device_name.empty()) device.device_name = worker.device_name;
    device.load_s = std::max(device.load_s, static_cast<double>(worker.load_us) / kUsPerSecond);
    if (worker.end != "died") return;
    ++device.died;
    if (worker.ended_us) device.deaths_s.push_back(static_cast<double>(*worker.ended_us) / kUsPerSecond);
  }

  void spend(const Slot& slot, std::int64_t from_us, std::int64_t to_us, LaneUse use, std::int64_t lanes) {
    if (use == LaneUse::no_item || use == LaneUse::down) to_us = std::min(to_us, slot.went_us);
    if (use == LaneUse::no_item)
      for (const auto& [paused_us, resumed_us] : pauses_) {
        put(slot, from_us, std::min(to_us, paused_us), use, lanes);
        put(slot, std::max(from_us, paused_us), std::min(to_us, resumed_us), LaneUse::paused, lanes);
        from_us = std::max(from_us, resumed_us);
      }
    put(slot, from_us, to_us, use, lanes);
  }

  void put(const Slot& slot, std::int64_t from_us, std::int64_t to_us, LaneUse use, std::int64_t lanes) {
    DeviceFacts& device = facts_.devices[slot.device];
    const auto what = static_cast<std::size_t>(use);
    std::vector<double>& busy = device.occupancy[static_cast<std::size_t>(Row::infer)];
    facts_.bins.cover(from_us, to_us, [&](std::size_t bin, double part) {
      const double amount = part * static_cast<double>(lanes);
      facts_.shares_by_bin[bin][what] += amount;
      device.shares[what] += amount;
      if (use == LaneUse::busy) busy[bin] += amount;
    });
  }

  static void to_shares(LaneShares& amounts) {
    double sum = 0;
    for (const double amount : amounts) sum += amount;
    if (sum > 0)
      for (double& amount : amounts) amount /= sum;
  }

  RunFacts& facts_;
  std::int64_t more_until_us_;
  std::map<std::uint32_t, Slot> slots_;
  std::vector<std::pair<std::int64_t, std::int64_t>> pauses_;  // begin and end, us
};

}  // namespace

Status find_end(const LedgerReader& ledger, const std::vector<WorkerRecord>& workers, RunFacts& facts) {
  const Result<std::int64_t> end_us = ledger.end_us(facts.run.id);
  SEGFLEET_RETURN_IF_ERROR(end_us);
  facts.bins.end_us = std::max<std::int64_t>(1, *end_us);
  for (const WorkerRecord& worker : workers)
    for (const std::int64_t at_us :
         {worker.started_us, worker.ready_us.value_or(0), worker.ended_us.value_or(0)})
      facts.bins.end_us = std::max(facts.bins.end_us, at_us);
  return {};
}

Status add_device_time(const LedgerReader& ledger, const std::vector<WorkerRecord>& workers,
                       RunFacts& facts) {
  const Result<std::int64_t> more_until_us = ledger.last_begin_us(facts.run.id);
  SEGFLEET_RETURN_IF_ERROR(more_until_us);
  DeviceTime time(workers, *more_until_us, facts);
  std::size_t next = 0;  // of workers
  std::vector<ItemSpan> items;
  const auto settle_until = [&](std::int64_t number) {
    for (; next < workers.size() && workers[next].number < number; ++next) {
      time.add(workers[next], items);
      items.clear();
    }
  };
  SEGFLEET_RETURN_IF_ERROR(ledger.each_item_by(Moment::begin, facts.run.id, [&](const ItemRecord& item) {
    settle_until(item.worker);
    if (next == workers.size() || workers[next].number != item.worker) return;
    items.push_back(span_of(item));
    time.add(item, workers[next]);
  }));
  settle_until(INT64_MAX);
  time.finish();
  return {};
}

}  // namespace segfleet
