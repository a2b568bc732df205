// SPDX-License-Identifier: Apache-2.0
// The dispatcher's promises.
#include <algorithm>

#include "dispatcher_world.h"

namespace segfleet {

void World::expect(bool holds, const char* promise) {
  if (holds || !complaint_.empty()) return;
  complaint_ = std::string(promise) + " (at " + std::to_string(static_cast<double>(now_ns_) * 1e-9) + " s)";
}

void World::check_lease(const Worker& worker, const LeaseEntry& entry, const Item& item) {
  expect(item.listed && !item.over, "only open items are leased");
  expect(entry.attempt == item.attempts + 1, "attempts count up");
  expect(dispatcher_->attempts_of(entry.id) >= entry.attempt, "attempts_of() counts the leases");
  if (item.held_by == 0) return;
  expect(plan_.options.speculate && !plan_.options.one_at_a_time,
         "no item is leased twice at once where that is off");
  expect(item.held_by == 1, "no item is out three times at once");
  expect(!item.suspect, "a suspect is with one worker alone");
  copied_ = true;
  expect(workers_[item.holders[0]].device != worker.device, "a copy goes to another device");
}

void World::check_failure(const RecordFailure& action, const Item& item) {
  expect(!item.over && item.held_by == 0, "only an open item that nobody has is given up");
  expect(action.attempts == item.attempts, "the recorded attempts are the leases");
  // Where nothing has ever worked, items and devices cannot be told apart; nor where several devices go.
  const auto sound = [&](const Device& d) {
    return !d.lost && (d.plan.fault == Fault::none || d.plan.fault == Fault::dies_loading_at_first) &&
           (d.works || !d.had_death);
  };
  const auto gone =
      std::ranges::count_if(devices_, [](const Device& d) { return d.plan.gone_at_s < SimDevice::kNever_s; });
  const bool can_tell = std::ranges::any_of(devices_, sound) && gone == 0;
  const Poison poison = plan_.poison[action.id];
  expect(poison != Poison::none || !can_tell || item.unlucky >= plan_.options.deaths_alone_limit,
         "innocent items do not fail");
  const ErrorCode code = action.error.code;
  expect(code == ErrorCode::worker_crashed || code == ErrorCode::worker_timeout,
         "the code tells crash or timeout");
  if (poison == Poison::kills) expect(code == ErrorCode::worker_crashed, "a crash is called a crash");
}

void World::check_end(const Finished& action) {
  const std::uint64_t over = summary_.done + summary_.failed;
  if (action.status.ok()) {
    expect(source_ended_ && over == items_.size(), "ok means that every item has its outcome");
    expect(!plan_.options.max_failures || summary_.failed <= *plan_.options.max_failures,
           "too many failures end the job");
  } else if (aborted_) {
    expect(action.status.error().code == ErrorCode::no_space, "an abort ends with its own error");
  } else if (action.status.error().code == ErrorCode::too_many_failures) {
    expect(plan_.options.max_failures && summary_.failed > *plan_.options.max_failures,
           "no more failures than allowed end no job");
    expect(leased_ == 0, "an end waits for what is leased");
  } else if (stopped_) {
    expect(action.status.error().code == ErrorCode::interrupted, "a stop ends as interrupted");
    expect(leased_ == 0, "a stop waits for what is leased");
  } else {
    const bool none_left = std::ranges::all_of(devices_, [](const Device& d) { return d.lost || d.removed; });
    expect(none_left && last_device_was_lost_ && leased_ == 0, "only the loss of the last device ends a job");
  }
  for (const Worker& worker : workers_)
    expect(!worker.living || worker.told_to_go || worker.dying || !worker.runs,
           "no worker is left without a word at the end");
}

void World::check_counts() {
  expect(!copied_ || never_leased_ == 0, "an item is leased twice only when none is pending");
  copied_ = false;
  expect(dispatcher_->open_items() == listed_ - summary_.done - summary_.failed, "open_items() is true");
  expect(dispatcher_->leased_items() == leased_, "leased_items() is true");
  const auto most = plan_.options.max_failures;
  too_many_failed_ = most && summary_.failed > *most;
}

void World::check_idle() {
  if (idle_ == 0) return;
  expect(never_leased_ == 0, "no ready worker is idle while an item is pending");
  if (suspects_waiting_.empty()) return;
  std::uint32_t ready = 0;
  for (const Device& device : devices_) ready += device.ready;
  for (const Worker& worker : workers_) {
    if (!idle(worker)) continue;
    for (const ItemId id : suspects_waiting_) {
      const bool elsewhere =
          items_[id].struck && items_[id].died_on == worker.device && ready > devices_[worker.device].ready;
      expect(elsewhere, "no ready worker is idle while a suspect waits that it may take");
    }
  }
}

// After its outcomes: more work for it is already there when its calls end.
void World::check_fed(const Worker& worker) {
  if (!worker.ready || worker.on_trial || never_leased_ == 0 || !suspects_waiting_.empty()) return;
  for (const LeaseEntry& entry : worker.held)
    if (items_[entry.id].suspect) return;  // it is alone with its worker
  const int least = plan_.options.one_at_a_time ? 1 : worker.in_engine;
  expect(std::ssize(worker.held) >= least, "no worker has less than its calls take while an item is pending");
}

}  // namespace segfleet
