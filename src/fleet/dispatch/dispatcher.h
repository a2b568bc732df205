// SPDX-License-Identifier: Apache-2.0
// Who gets which item, and what happens when something dies. A pure state machine: no threads, no sockets, no
// clock of its own. Events go in by methods, each with the time; actions come out of take_actions(), in
// order. The same object runs a real job (loop/event_loop.h) and a simulation in virtual time
// (tests/fleet/dispatcher_world.h). Thread-safety: one thread at a time.
// An event costs O(1) amortised, a deadline O(log slots); an item that is tried once takes no memory of its
// own (consecutive ids).
//
// Policies
// - Pull with credits (credit.h): a worker holds what keeps its engine busy. While several workers want
//   items, none takes more than 1 / (2 × live workers) of what is left at once, so that none ends with a long
//   private queue. No ready worker is idle while an item is pending that it may take.
// - Shares follow the items per second of each worker, measured from its outcomes (speed.h).
// - Stragglers (copies.cc). Once nothing is pending and no suspect waits, an item that is out for more than
//   1.5 times the expected time, or that another device would finish in less than half of what is left, is
//   leased to that device's worker, too, up to what its engine takes at once. The first outcome counts. A
//   loser is killed when the job ends. Suspects are never copied; a death while the other copy runs condemns
//   nothing.
// - Blame. Items of a dead worker are suspects: each is tried again apart, its worker holding nothing else,
//   the second time on another device where one has a ready worker. An item that deaths_alone_limit workers
//   died of, alone with it, has failed; deaths on devices that never gave an outcome count only while no
//   untried device is left that works or may work. While other items are pending, suspects get at most half
//   of the workers.
// - After a death a slot gets one item at a time until an outcome arrives, after a death alone first one that
//   nobody suspects: so progress tells bad items from a bad device.
// - Devices. A death is unexplained while loading, with nothing held, with several items held and no outcome
//   of the device since its last death, or alone with an item on a device that never gave an outcome.
//   device_deaths_limit unexplained deaths in the window, or in a row without an outcome however slowly, and
//   the device is lost. So it is after kCondemnedInARowLimit × deaths_alone_limit deaths of any kind without
//   an outcome between them; items that were condemned in that streak stay failed.
// - A worker that says that it cannot load retires its slot while another slot of the device has, or may yet
//   have, a worker; the last one takes the device with it.
// - A device that is lost drains: its workers finish what they hold. Where a loss leaves no device, the job
//   ends with the code of the first loss once nothing is leased; open items stay pending. Where the user
//   removed the last one, the job waits: whoever can remove can also add.
// - Too many failures end the job as a stop does, but with too_many_failures.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "segfleet/error.h"
#include "transport/messages.h"

namespace segfleet {

// A place for one worker on a device; index into DispatcherOptions::device_of_slot.
using SlotId = std::uint32_t;
// Counts the workers that a slot has had, from 1: events of an older one are dropped.
using Epoch = std::uint32_t;

// Items condemned by one device with no outcome between: it is lost.
inline constexpr int kCondemnedInARowLimit = 10;

struct DispatcherOptions {
  std::vector<std::uint32_t> device_of_slot;       // device index of each slot
  std::int64_t item_timeout_ns = 300'000'000'000;  // a worker holds items and gives no outcome: killed
  std::int64_t load_timeout_ns = 600'000'000'000;  // from spawn to ready
  int deaths_alone_limit = 2;                      // deaths alone with an item before it has failed
  int device_deaths_limit = 5;                     // deaths in the window that no item explains: device lost
  std::int64_t device_deaths_window_ns = 60'000'000'000;
  std::int64_t restart_delay_first_ns = 100'000'000;  // doubles with each unexplained death in the window
  std::int64_t restart_delay_limit_ns = 5'000'000'000;
  bool speculate = true;                        // stragglers are leased twice; false: never
  bool one_at_a_time = false;                   // a worker never holds two items (sticky transforms)
  std::vector<std::string> device_names;        // for messages; empty: "device 0"
  std::optional<std::uint64_t> max_failures{};  // the job ends once more items have failed; nothing: never
  std::uint64_t failures_before = 0;  // failed before they could be items; they count for max_failures
};

struct LeaseEntry {
  ItemId id = 0;
  std::uint32_t attempt = 1;
};

struct SpawnWorker {
  SlotId slot;
  Epoch epoch;
};
struct SendLease {
  SlotId slot;
  Epoch epoch;
  std::vector<LeaseEntry> items;
};
struct DrainWorker {  // finish what is leased, then exit
  SlotId slot;
  Epoch epoch;
};
struct KillWorker {  // SIGKILL; worker_died follows
  SlotId slot;
  Epoch epoch;
  std::string why;
};
struct RecordFailure {  // an outcome that the dispatcher itself decided: worker_crashed, worker_timeout
  ItemId id;
  std::uint32_t attempts;
  SlotId slot;  // of the last attempt
  Error error;
};
struct DeviceLost {
  std::uint32_t device;
  Error error;
};
struct SlotRetired {  // gets no worker any more; its device goes on
  SlotId slot;
  Error error;
  std::uint32_t others;  // slots of the device that go on
};
// The last action: later events change nothing. DrainWorker or KillWorker came before for the living.
struct Finished {
  // ok: every item has its outcome. interrupted; too_many_failures; device_lost; or what abort() was given
  Status status;
};
using Action = std::variant<SpawnWorker, SendLease, DrainWorker, KillWorker, RecordFailure, DeviceLost,
                            SlotRetired, Finished>;

struct WorkerCapacity {
  int batch = 1;  // items per engine call
  int lanes = 1;  // engine calls at once
};

class Dispatcher {
 public:
  explicit Dispatcher(DispatcherOptions options);
  ~Dispatcher();

  // Spawns the first workers. Call once, before any other event.
  void start(std::int64_t now_ns);

  void source_item(ItemId id);
  void source_end(std::int64_t now_ns);

  void worker_ready(SlotId slot, Epoch epoch, const WorkerCapacity& capacity, std::int64_t now_ns);
  // The worker said why it cannot load. It is not restarted: the same would happen again. Its device is lost
  // where no other slot of it is left.
  void worker_load_failed(SlotId slot, Epoch epoch, const Error& error, std::int64_t now_ns);
  // Exit, crash or kill, in any state; the process is gone.
  void worker_died(SlotId slot, Epoch epoch, const std::string& how, std::int64_t now_ns);
  // Items per engine call by now, as WorkerCapacity::batch: what it may hold follows.
  void worker_batch(SlotId slot, Epoch epoch, int batch, std::int64_t now_ns);
  // In a pause it changes nothing: engines idle because nothing is handed out, and more credit would not
  // help.
  void worker_stats(SlotId slot, Epoch epoch, double engine_idle_share, std::int64_t now_ns);

  // An item's outcome arrived. True: it is the first and it counts; false: late, foreign or another worker's
  // was first: drop it.
  bool item_done(SlotId slot, Epoch epoch, ItemId id, std::uint32_t attempt, std::int64_t now_ns);
  bool item_failed(SlotId slot, Epoch epoch, ItemId id, std::uint32_t attempt, std::int64_t now_ns);

  // What was measured of a device from outside: the share of its full speed, 0 to 1, that is ours now. Hot,
  // throttled or busy with someone else's work: its workers' credit falls at once. As it recovers, it grows
  // by a little with every such report.
  void device_speed_share(std::uint32_t device, double share, std::int64_t now_ns);

  // A live job's devices. A new device gets the next index and the next SlotIds in order; its workers are
  // spawned. Errors: invalid_argument where the job is ending, or takes one item at a time.
  Result<std::uint32_t> add_device(const std::string& name, std::uint32_t slots, std::int64_t now_ns);
  // Its workers finish what they hold; those that still load are killed. No restart, no loss. Without any
  // device left the job waits, its items open, for add_device() or stop(). Errors: invalid_argument where it
  // is unknown or out of the job already.
  Status remove_device(std::uint32_t device, std::int64_t now_ns);

  // Between the two nothing is handed out; what is leased is finished, workers stay or are restarted.
  void pause(std::int64_t now_ns);
  void resume(std::int64_t now_ns);
  bool is_paused() const;
  bool takes_part(std::uint32_t device) const;  // neither lost nor removed

  // Restarts that are due, deadlines that passed.
  void tick(std::int64_t now_ns);
  // When to call tick() at the latest; INT64_MAX: never. May be early. Ask after take_actions().
  std::int64_t next_tick_ns() const;

  // Hands out nothing more, finishes what is leased, then interrupted; ok where that was all there was.
  void stop(std::int64_t now_ns);
  void abort(const Error& error, std::int64_t now_ns);  // kill every worker at once; open items stay pending

  // What to do now, in order. Items are handed out here, so that several events make one lease of a worker:
  // call it after every event or group of events.
  // A drain or a kill may name a worker whose death was reported in the same group:
  // nothing is to be done then.
  std::vector<Action> take_actions();

  std::uint32_t attempts_of(ItemId id) const;  // leases so far, at least 1
  std::uint64_t open_items() const;            // without an outcome
  std::uint64_t leased_items() const;          // of those, at a worker

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segfleet
