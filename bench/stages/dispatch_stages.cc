// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "add_stage.h"
#include "fleet/dispatch/dispatcher.h"
#include "fleet/ledger/ledger.h"
#include "inputs.h"
#include "transport/channel.h"

namespace segfleet {
namespace {

constexpr std::int64_t kItems = 4096;

Outcome outcome_of(ItemId id) {
  Outcome outcome;
  outcome.id = id;
  outcome.done = true;
  outcome.picture = {2048, 1024};
  outcome.mask_hash = std::string(32, 'a');
  for (int c = 0; c < 10; ++c) outcome.class_pixels.push_back({c, 200'000});
  return outcome;
}

// An item from the source to its outcome, in the dispatcher alone. Two workers.
void dispatch(benchmark::State& state, StageInputs&) {
  while (state.KeepRunningBatch(kItems)) {
    DispatcherOptions options;
    options.device_of_slot = {0, 1};
    Dispatcher dispatcher(options);
    std::int64_t now_ns = 0;
    dispatcher.start(now_ns);
    (void)dispatcher.take_actions();
    for (SlotId slot : {0u, 1u}) dispatcher.worker_ready(slot, 1, {}, now_ns);
    for (ItemId id = 0; id < ItemId{kItems}; ++id) dispatcher.source_item(id);
    dispatcher.source_end(now_ns);
    std::int64_t done = 0;
    std::vector<SendLease> leases;
    while (done < kItems) {
      for (Action& action : dispatcher.take_actions())
        if (auto* lease = std::get_if<SendLease>(&action)) leases.push_back(std::move(*lease));
      if (leases.empty()) must(Error{ErrorCode::internal, "the dispatcher hands out nothing"});
      for (const SendLease& lease : leases)
        for (const LeaseEntry& item : lease.items)
          done += dispatcher.item_done(lease.slot, lease.epoch, item.id, item.attempt, now_ns += 1000);
      leases.clear();
    }
  }
}

// The two messages of an item through a socket, both ends on this thread.
void messages(benchmark::State& state, const StageInputs& inputs) {
  auto pair = make_socketpair();
  if (!pair.ok()) must(pair.error());
  Channel coordinator(std::move(pair->first));
  Channel worker(std::move(pair->second));
  Lease lease;
  lease.items.push_back({1, 1, inputs.paths[0].string(), "scene_00000", {}});
  const Message there = lease;
  const Message back = outcome_of(1);
  for ([[maybe_unused]] auto turn : state) {
    must(coordinator.send(there));
    if (const auto got = worker.receive(); !got.ok()) must(got.error());
    must(worker.send(back));
    if (const auto got = coordinator.receive(); !got.ok()) must(got.error());
  }
}

// The ledger's row, a transaction for 256 of them.
void record(benchmark::State& state, const StageInputs& inputs) {
  const std::filesystem::path path = inputs.scratch / "stages.sqlite";
  std::filesystem::remove(path);
  auto ledger = Ledger::open(path);
  if (!ledger.ok()) must(ledger.error());
  must(ledger->begin_run("{}", "stages"));
  SourceList sources;
  for (std::int64_t i = 0; i < kItems; ++i) {
    sources.items.push_back({"/pictures/" + std::to_string(i) + ".jpg", std::to_string(i), 1, 1});
  }
  const auto entries = ledger->reconcile(sources, inputs.scratch, {});
  if (!entries.ok()) must(entries.error());
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state) {
    RecordedOutcome recorded;
    recorded.outcome = outcome_of((*entries)[i++ % entries->size()].id);
    recorded.device = "cpu:0";
    ledger->record(std::move(recorded));
    if (i % 256 == 0) must(ledger->flush());
  }
  must(ledger->close());
}

}  // namespace

void register_dispatch_stages(StageInputs& inputs) {
  add_stage("dispatch", dispatch, inputs, benchmark::kMicrosecond);
  add_stage("dispatch_messages", messages, inputs, benchmark::kMicrosecond);
  add_stage("dispatch_record", record, inputs, benchmark::kMicrosecond);
}

}  // namespace segfleet
