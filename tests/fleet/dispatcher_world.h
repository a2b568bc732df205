// SPDX-License-Identifier: Apache-2.0
// A machine in virtual time: devices with speeds and faults, items of which some kill workers, a user who
// pauses, adds, removes and stops, and a coordinator that obeys a Dispatcher. Everything follows from the
// plan and the seed. After each event the dispatcher's promises are checked; the first broken one is kept in
// complaint(). Used by the simulation test, the benchmark and the fuzz target.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fleet/dispatch/dispatcher.h"

namespace segfleet {

enum class Fault : std::uint8_t {
  none,
  dies_loading,
  hangs_loading,
  says_load_failed,
  dies_at_items,
  dies_loading_at_first,
  one_cannot_load  // the last worker of several
};
enum class Poison : std::uint8_t { none, kills, hangs_lane, hangs_worker };

struct SimDevice {
  static constexpr double kNever_s = std::numeric_limits<double>::infinity();
  Fault fault = Fault::none;
  int bad_loads = 0;  // for dies_loading_at_first
  std::uint32_t slots = 1;
  int lanes = 1;
  int batch = 1;
  double call_s = 0;     // of an engine call, whatever its items
  double item_s = 0.01;  // more for every item of cost 1
  double load_s = 0;
  double slow_at_s = kNever_s;
  double slow_factor = 1;       // from then on calls take so many times as long
  double gone_at_s = kNever_s;  // from then on every worker dies at once
};

enum class Wish : std::uint8_t { stop, abort, pause, resume, add, remove, slowed };
struct UserWish {
  double at_s = 0;
  Wish wish = Wish::stop;
  std::uint32_t device = 0;  // to remove or slowed
  double share = 1;          // of its speed
  SimDevice added{};
};

struct WorldPlan {
  std::vector<SimDevice> devices;
  std::vector<float> costs;    // of the items
  std::vector<Poison> poison;  // of the items; empty: none
  std::vector<UserWish> wishes;
  DispatcherOptions options;  // but for device_of_slot
  double latency_s = 100e-6;  // of a message, each way
  double item_gap_s = 0;      // between two items of the source
  double cost_jitter = 0;     // a call takes 1 ± this many times its time
  double crash_share = 0;     // of the calls in which the worker dies, though no item is to blame
  double failed_share = 0;    // of the items
  bool random_stats = false;  // stats that mean nothing, and messages that must be refused
  // Changes what the dispatcher asks for: to see its promises broken.
  std::function<void(std::vector<Action>&)> spoil{};
};
// A small world with faults of every kind.
WorldPlan random_plan(std::uint64_t seed);

struct WorldSummary {
  std::uint64_t items = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t poison = 0;
  std::uint64_t deaths = 0;
  std::uint64_t leases = 0;  // messages
  std::uint64_t copies = 0;  // items leased again while they were out
  std::uint64_t events = 0;  // of the dispatcher
  std::uint64_t steps = 0;
  std::uint32_t devices_lost = 0;
  std::uint32_t added = 0;
  std::uint32_t removed = 0;
  std::uint32_t pauses = 0;
  double seconds = 0;
  std::optional<Status> end;
};

class World {
 public:
  World(WorldPlan plan, std::uint64_t seed);
  explicit World(std::uint64_t seed) : World(random_plan(seed), seed) {}
  void run();  // to the end, or to the first broken promise
  const std::string& complaint() const { return complaint_; }
  const WorldSummary& summary() const { return summary_; }

 private:
  enum class What : std::uint8_t {
    item_listed,
    source_ends,
    loaded,
    lease_arrives,
    drain_arrives,
    call_ends,
    outcome_arrives,
    crashes,
    dies,
    death_arrives,
    stats_arrive,
    goes_for_good,
    wished
  };
  struct Event {
    std::int64_t at_ns;
    std::uint64_t order;
    ItemId item;  // or an index, or a count
    std::uint32_t slot;
    Epoch epoch;
    std::uint32_t attempt;  // or a lane
    What what;
    bool operator>(const Event& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };
  struct Item {
    std::uint32_t attempts = 0;
    SlotId holders[2]{};
    std::uint8_t held_by = 0;  // workers, as the coordinator knows
    bool listed = false;
    bool over = false;  // has its outcome
    bool suspect = false;
    bool struck = false;        // a worker died with it alone, or is about to
    std::uint32_t died_on = 0;  // device, where struck
    int unlucky = 0;            // workers that died by chance when it had just been sent to them alone
  };
  struct Device {
    SimDevice plan;
    std::uint32_t ready = 0;  // workers that may get items
    bool lost = false;
    bool removed = false;
    bool works = false;  // gave an outcome
    bool had_death = false;
  };
  struct Worker {
    std::uint32_t device = 0;
    Epoch epoch = 0;
    // As the coordinator knows it.
    bool living = false;
    bool ready = false;
    bool retired = false;
    bool told_to_go = false;  // drained or killed: gets nothing more
    bool on_trial = false;    // the one before it died: gets one item, until its first outcome
    int in_engine = 0;        // items that all its lanes take at once
    int most_in_engine = 0;   // so far: what it was given before its batches shrank it still has
    bool starved = false;     // it said that its engine was idle: it may have more than the least
    std::vector<LeaseEntry> held;
    // As it is.
    bool runs = false;
    bool dying = false;
    bool by_chance = false;  // dying
    bool draining = false;
    bool hung = false;
    std::deque<LeaseEntry> on_the_way;
    std::deque<LeaseEntry> queue;
    std::vector<std::vector<LeaseEntry>> lanes;  // what each computes
    std::int64_t busy_ns = 0;
  };

  // dispatcher_world.cc: time and the workers
  void after(double seconds, What what, SlotId slot = 0, std::uint64_t item = 0, std::uint32_t attempt = 0);
  void happens(const Event& event);
  std::int64_t draw(std::int64_t low, std::int64_t high);
  bool chance(double share);
  bool is_of(const Event& event) const;
  std::uint32_t make_device(const SimDevice& device);
  void make_slots(std::uint32_t device);
  void loaded(SlotId slot);
  void begin_calls(SlotId slot);
  void call(SlotId slot, std::size_t lane);
  void call_ends(SlotId slot, std::size_t lane);
  void crash_by_chance(SlotId slot);
  void die(SlotId slot, double delay_s);
  void leave_when_empty(SlotId slot);

  // dispatcher_world_coordinator.cc: what arrives there, and what it is told to do
  void outcome_arrives(const Event& event);
  void expect_refusals(const Event& event);
  void death_arrives(SlotId slot);
  void stats_arrive(SlotId slot);
  void carry_out(const UserWish& wish);
  void obey();
  void apply(const SpawnWorker& action);
  void apply(const SendLease& action);
  void apply(const DrainWorker& action);
  void apply(const KillWorker& action);
  void apply(const RecordFailure& action);
  void apply(const DeviceLost& action);
  void apply(const SlotRetired& action);
  void apply(const Finished& action);
  void set_ready(SlotId slot, bool ready);
  void let_go(Item& item, SlotId slot);

  // dispatcher_world_checks.cc
  void expect(bool holds, const char* promise);
  void check_lease(const Worker& worker, const LeaseEntry& entry, const Item& item);
  void check_failure(const RecordFailure& action, const Item& item);
  void check_end(const Finished& action);
  void check_counts();
  void check_idle();
  void check_fed(const Worker& worker);
  bool idle(const Worker& worker) const { return worker.ready && worker.held.empty(); }

  WorldPlan plan_;
  std::mt19937_64 random_;
  std::int64_t now_ns_ = 0;
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Device> devices_;
  std::vector<Worker> workers_;
  std::vector<Item> items_;
  std::set<ItemId> suspects_waiting_;
  std::set<SlotId> died_since_;  // the last take_actions()
  std::set<SlotId> asked_for_more_since_;
  std::uint64_t listed_ = 0;
  std::uint64_t never_leased_ = 0;
  std::uint64_t leased_ = 0;
  std::uint64_t idle_ = 0;  // workers
  bool source_ended_ = false;
  bool paused_ = false;
  bool stopped_ = false;
  bool aborted_ = false;
  bool too_many_failed_ = false;
  bool last_device_was_lost_ = false;
  bool any_dies_at_items_ = false;
  bool copied_ = false;  // by the last take_actions()
  std::optional<Dispatcher> dispatcher_;
  std::string complaint_;
  WorldSummary summary_;
};

}  // namespace segfleet
