// SPDX-License-Identifier: Apache-2.0
// The I/O around the dispatcher: starts workers, carries messages both ways, notices ends, keeps the time.
// Everything runs on the thread that calls run(), which must live as long as the workers (process.h).
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "fleet/dispatch/dispatcher.h"
#include "fleet/loop/device_batches.h"
#include "fleet/loop/loop_calls.h"
#include "fleet/loop/worker_link.h"
#include "fleet/loop/worker_plan.h"
#include "segfleet/run.h"

namespace segfleet {

// What a device's workers have done so far, for who watches it from outside.
struct DeviceWork {
  std::string name;
  bool takes_part = true;           // neither lost nor removed
  std::vector<int> cores;           // of a CPU device; else empty
  std::string card;                 // visible_cuda_card()
  std::vector<int> pids;            // of its workers
  std::int64_t engine_busy_us = 0;  // summed over workers and lanes
  std::int64_t wall_us = 0;         // summed over workers
  std::uint64_t done = 0;           // outcomes
};

// Keeps the books of a run: what the loop tells, in the order in which it happens.
enum class WorkerEnd {
  drained,  // had nothing left to do
  ended,    // killed because the run is over
  died,     // of itself, or killed for what it did
};
class LoopListener {
 public:
  virtual ~LoopListener() = default;
  virtual void worker_started(SlotId slot, int pid) = 0;
  virtual void worker_ready(SlotId slot, const Ready& ready) = 0;
  virtual void worker_stats(SlotId slot, const Stats& stats) = 0;
  virtual Status worker_ended(SlotId slot, const std::string& how,
                              WorkerEnd end) = 0;  // an error ends the run
  virtual void device_lost(std::uint32_t device, const Error& error) = 0;
  virtual void device_added(std::uint32_t /*device*/) {}  // the plan has it and its slots already
  virtual void device_removed(std::uint32_t /*device*/) {}
  virtual void paused(bool /*paused*/) {}
  virtual void device_sampled(std::uint32_t device, const DeviceSample& sample) = 0;
  virtual void note(const std::string& text) = 0;
  // An outcome that counts. An error ends the run: the item stays pending.
  // attached: labels that came with it.
  virtual Status outcome(SlotId slot, int pid, Outcome outcome, std::uint32_t attempts,
                         UniqueFd attached) = 0;
  // An outcome that does not count, since another worker's was first. An error ends the run.
  virtual Status late_outcome(const Outcome& outcome) = 0;
  virtual Status failure_by_dispatcher(const RecordFailure& failure) = 0;
  virtual Status tick(std::int64_t now_ns) = 0;  // an error ends the run
  virtual std::int64_t next_tick_ns() const = 0;
};

// Where the loop's items come from.
class ItemFeed {
 public:
  virtual ~ItemFeed() = default;
  // Gives the dispatcher the items that are there, and the end where no more will come. Called at the start,
  // and whenever wake_fd() is readable: it then makes it unreadable again.
  virtual void feed(Dispatcher& dispatcher) = 0;
  virtual int wake_fd() const { return -1; }  // -1: the first call gave all
  virtual bool has(ItemId id) const = 0;      // false: no worker can have an outcome of it
  virtual LeasedItem leased(const LeaseEntry& entry) const = 0;
};

class EventLoop {
 public:
  // The plan grows with the devices that are added.
  EventLoop(WorkerPlan& plan, ItemFeed& feed, Dispatcher& dispatcher, LoopListener& listener,
            const StopRequest& stop);

  // Gives every item of the feed an outcome; returns when the dispatcher has finished and no worker is left.
  // Errors: why the run itself ended early; interrupted where the user asked.
  Status run();

  // For other threads, from before run() until after it.
  LoopCalls& calls() { return calls_; }

  // By these calls alone (event_elastic.cc). Errors: those of check_memory_share(); the dispatcher's.
  Status may_add(const Device& device) const;
  Status add_device(Device device, std::vector<WorkerSlot> slots);
  Status remove_device(std::uint32_t device);
  void pause();
  void resume();
  bool has_worker_on(std::uint32_t device) const;
  std::vector<DeviceWork> device_work() const;  // by device
  // By device; their speed shares go to the dispatcher.
  void take_samples(const std::vector<DeviceSample>& samples, const std::vector<std::string>& notes);

 private:
  TakesPart takes_part() const;  // event_elastic.cc

  // actions (event_actions.cc)
  void carry_out_actions();
  void carry_out(const SpawnWorker& action);
  void carry_out(const SendLease& action);
  void carry_out(const DrainWorker& action);
  void carry_out(const KillWorker& action);
  void carry_out(const RecordFailure& action);
  void carry_out(const DeviceLost& action);
  void carry_out(const SlotRetired& action);
  void carry_out(const Finished& action);
  WorkerLink* link(SlotId slot, Epoch epoch);  // nullptr: that worker is gone

  // messages (event_messages.cc)
  void read_messages(SlotId slot, int limit);
  Status handle(SlotId slot, WorkerLink& worker, Message& message);
  Status handle_hello(SlotId slot, WorkerLink& worker, const Hello& hello);
  void handle_ready(SlotId slot, WorkerLink& worker, const Ready& ready);
  void handle_load_failed(SlotId slot, WorkerLink& worker, const Error& error);
  void handle_stats(SlotId slot, WorkerLink& worker, const Stats& stats);
  Status handle_outcome(SlotId slot, WorkerLink& worker, Outcome outcome);

  // waiting (event_loop.cc)
  Status set_up();
  Status wait_and_handle();
  int timeout_ms(std::int64_t now) const;
  void handle_event(std::uint64_t tag, std::uint32_t events);
  void worker_ended(SlotId slot);
  void handle_stop_request();
  void keep_time();
  Status watch_link(SlotId slot, WorkerLink& worker);
  void update_watch(SlotId slot);
  void leave(WorkerLink& worker);  // it has said its last: it gets a moment to exit
  void fail(const Error& error);   // ends the run after a short drain

  WorkerPlan& plan_;
  const std::size_t first_devices_;  // those that the run began with
  ItemFeed& feed_;
  Dispatcher& dispatcher_;
  LoopListener& listener_;
  const StopRequest& stop_;
  UniqueFd epoll_;
  std::vector<std::optional<WorkerLink>> links_;  // by slot
  std::vector<Stats> last_stats_;                 // by slot: the dispatcher wants shares of the last moment
  struct Work {
    std::int64_t engine_busy_us = 0;
    std::int64_t wall_us = 0;
    std::uint64_t done = 0;
  };
  std::vector<Work> work_;  // by device
  DeviceBatches batches_;
  LoopCalls calls_;
  std::size_t living_ = 0;
  std::uint64_t stop_requests_ = 0;
  std::optional<Status> finished_;
  std::optional<Error> failure_;
  std::int64_t failure_deadline_ns_ = INT64_MAX;
  Message message_;  // the last one received, kept for its memory
  std::set<std::string> notes_;
};

}  // namespace segfleet
