// SPDX-License-Identifier: Apache-2.0
// The inside of Dispatcher, one purpose a file: dispatcher.cc turns events into changes of slots, hand_out.cc
// gives items to workers, blame.cc decides what a death says about items and devices. Only these include it.
#pragma once
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "fleet/dispatch/credit.h"
#include "fleet/dispatch/deadlines.h"
#include "fleet/dispatch/device_health.h"
#include "fleet/dispatch/dispatcher.h"
#include "fleet/dispatch/pending_items.h"
#include "fleet/dispatch/speed.h"
#include "fleet/dispatch/suspects.h"

namespace segfleet {

enum class SlotState {
  stopped,   // no worker, none will come
  waiting,   // no worker until the restart delay is over
  starting,  // spawned, loading
  ready,
  leaving,  // drained: finishes what it holds, gets nothing more
  killed,   // death will be reported
};

inline constexpr SlotId kNoSlot = std::numeric_limits<SlotId>::max();

// An item at a worker.
struct Held {
  LeaseEntry entry;
  std::int64_t leased_ns = 0;
  std::int64_t expected_ns = 0;  // from the lease to the outcome; 0: not known
  SlotId twin = kNoSlot;         // has the item, too
  bool over = false;             // the other one's outcome was first: this one's will be dropped
};

struct Slot {
  Slot(std::uint32_t device_index, const RestartDelay& delay) : device(device_index), restart(delay) {}

  std::uint32_t device;
  Epoch epoch = 0;
  SlotState state = SlotState::stopped;
  int lanes = 1;
  int in_engine = 1;  // items that its engine takes at once
  Credit credit;
  Speed speed;
  double counted_speed = 0;  // its part of known_speed
  RestartDelay restart;
  std::deque<Held> held;           // in the order of the leases; outcomes come in nearly that order
  bool retired = false;            // its worker cannot load: it gets no other
  bool timed_out = false;          // killed because it gave no outcome in time
  std::string kill_reason;         // where it was killed
  bool has_suspect = false;        // holds one suspect, gets nothing beside it
  bool makes_room = false;         // is not refilled, to take a suspect when it is empty
  bool on_probation = false;       // no outcome since its last death: one item at a time
  bool after_death_alone = false;  // of that probation: an item that nobody suspects comes first
  bool credit_bound = false;       // its last refill ended at its credit, with items left pending
  bool listed = false;             // in to_feed
  bool idle_listed = false;
  bool hungry_listed = false;
  std::uint64_t lease_round = 0;  // round in which it got lease_action
  std::size_t lease_action = 0;   // index into actions, valid in that round only
};

struct DeviceState {
  DeviceHealth health;
  std::vector<SlotId> slots;
  std::uint32_t ready = 0;  // slots
  bool lost = false;
  bool removed = false;
  bool usable() const { return !lost && !removed; }
};

inline HealthLimits health_limits(const DispatcherOptions& options) {
  return {options.device_deaths_limit, options.device_deaths_window_ns,
          kCondemnedInARowLimit * options.deaths_alone_limit};
}

struct Dispatcher::State {
  explicit State(DispatcherOptions given);

  // dispatcher.cc
  Slot* live(SlotId slot, Epoch epoch);  // null: the event is late or foreign, or the job has ended
  void set_state(SlotId id, SlotState state);
  void spawn(SlotId id);
  void kill(SlotId id, std::string why);
  void send_away(SlotId id);  // drained where it can finish something, killed where it loads
  void watch_items(SlotId id);
  void count_speed(Slot& slot, double items_per_s);
  bool take_outcome(SlotId id, Epoch epoch, ItemId item, std::uint32_t attempt);
  void deadline_passed(SlotId id);
  void count_failures(std::uint64_t more);
  void stop(Error why);
  void end(Status status);
  void end_where_due();

  void add_slot(std::uint32_t device);

  // elastic.cc
  void add_device(std::uint32_t slot_count);

  // hand_out.cc
  void want_feeding(SlotId id);
  void hand_out();
  void feed(SlotId id);
  bool feed_suspect(SlotId id);
  void feed_pending(SlotId id);
  std::int64_t target_of(const Slot& slot) const;
  std::int64_t fair_share(const Slot& slot) const;
  double speed_of(const Slot& slot) const;
  bool should_make_room(const Slot& slot) const;
  void set_makes_room(Slot& slot, bool makes_room);
  void lease(SlotId id, LeaseEntry entry);
  bool only_device_ready(std::uint32_t device) const;
  bool wants_more(const Slot& slot) const;
  void wake(std::deque<SlotId>& list, bool Slot::*flag, std::uint64_t limit);

  // copies.cc
  bool at_the_tail() const;
  std::int64_t expected_ns(const Slot& slot, std::int64_t items) const;
  void copy_stragglers();
  void copy(SlotId from, ItemId item, SlotId to);
  void part_twins(const Held& held, bool over);
  static Held* find_held(Slot& slot, ItemId item);  // nullptr: it has it not, or no more of use

  // blame.cc
  void handle_death(SlotId id, const std::string& reported);
  bool blame_items(SlotId id, const std::string& how);  // true: an item explains the death
  bool is_guilty(const ItemHistory& history) const;
  void condemn(SlotId id, ItemId item, const ItemHistory& history, const std::string& how);
  void lose_device(std::uint32_t device, Error error);
  void retire(SlotId id, const Error& error);
  std::string device_name(std::uint32_t device) const;

  DispatcherOptions options;
  std::vector<Slot> slots;
  std::vector<DeviceState> devices;
  PendingItems pending;
  Suspects suspects;
  Deadlines deadlines;
  std::vector<Action> actions;
  std::deque<SlotId> to_feed;  // slots for which something changed
  std::deque<SlotId> idle;     // ready, empty, nothing to give them; entries may be out of date
  std::deque<SlotId> hungry;   // would take more than there was; entries may be out of date
  bool work_came = false;      // idle and hungry slots have to be looked at again
  std::uint64_t round = 1;     // counts hand_out()
  std::int64_t now = 0;
  std::uint64_t open = 0;
  std::uint64_t leased = 0;        // items; one that is out twice counts once
  std::uint32_t ready = 0;         // slots
  std::uint32_t starting = 0;      // slots
  std::uint32_t on_suspects = 0;   // slots with has_suspect
  std::uint32_t making_room = 0;   // slots with makes_room
  double known_speed = 0;          // items per second, of the ready slots of which it is known
  std::uint32_t known_speeds = 0;  // slots
  Overrun overrun;
  std::int64_t next_look_ns = 0;             // for stragglers, not sooner
  std::int64_t look_ns = Deadlines::kNever;  // when there may be one that is worth a copy
  std::uint32_t usable_devices = 0;
  std::optional<Error> first_loss;
  std::uint64_t failures = 0;
  bool source_ended = false;
  bool paused = false;
  bool waits_for_device = false;      // the user removed the last one
  std::optional<Error> stop_because;  // hands out nothing more
  bool finished = false;
};

}  // namespace segfleet
