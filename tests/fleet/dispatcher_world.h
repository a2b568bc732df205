// SPDX-License-Identifier: Apache-2.0
// A machine in virtual time: devices with speeds and faults, items of which some kill workers, a coordinator
// that obeys a Dispatcher. Everything follows from the seed. After each event the dispatcher's promises are
// checked; the first broken one is kept in complaint().
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fleet/dispatch/dispatcher.h"

namespace segfleet {

struct WorldSummary {
  std::uint64_t items = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t poison = 0;
  std::uint64_t deaths = 0;
  std::uint64_t leases = 0;  // messages
  std::uint64_t steps = 0;
  std::uint32_t devices_lost = 0;
  double seconds = 0;
  std::optional<Status> end;
};

class World {
 public:
  explicit World(std::uint64_t seed);
  void run();  // to the end, or to the first broken promise
  const std::string& complaint() const { return complaint_; }
  const WorldSummary& summary() const { return summary_; }

 private:
  enum class Fault {
    none,
    dies_loading,
    hangs_loading,
    says_load_failed,
    dies_at_items,
    dies_loading_at_first
  };
  enum class Poison { none, kills, hangs_lane, hangs_worker };
  struct Item {
    Poison poison = Poison::none;
    bool listed = false;  // given to the dispatcher
    bool over = false;    // has its outcome
    std::uint32_t attempts = 0;
    int leased_to = -1;
    bool suspect = false;
    std::optional<std::uint32_t> died_on;  // device of the last death alone
    std::set<std::uint32_t> struck_by;     // devices
  };
  struct SimDevice {
    Fault fault = Fault::none;
    double item_s = 0.01;
    int lanes = 1;
    int batch = 1;
    int bad_loads = 0;
    bool lost = false;
    bool works = false;  // gave an outcome
    bool had_death = false;
  };
  struct Worker {
    Epoch epoch = 0;
    bool alive = false;
    bool ready = false;
    bool told_to_go = false;  // drained or killed: gets nothing more
    bool draining = false;
    bool dying = false;
    bool hung = false;
    int busy_lanes = 0;
    std::deque<LeaseEntry> queue;          // not begun
    std::map<ItemId, std::uint32_t> held;  // without outcome, with its attempt
  };
  struct Event {
    std::int64_t at_ns;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const Event& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };

  void make_devices();
  void make_items();
  void plan_end();
  void after(double seconds, std::function<void()> what);
  std::int64_t draw(std::int64_t low, std::int64_t high);
  bool chance(double share);

  void loaded(SlotId slot, Epoch epoch);
  void begin_items(SlotId slot);
  void begin(SlotId slot, LeaseEntry entry);
  void give_outcome(SlotId slot, Epoch epoch, LeaseEntry entry);
  void die(SlotId slot, Epoch epoch, double delay_s);
  void dead(SlotId slot, Epoch epoch);
  void send_stats(SlotId slot, Epoch epoch);
  void crash_by_chance(SlotId slot, Epoch epoch);
  void leave_when_empty(SlotId slot);

  void obey();
  void apply(const SpawnWorker& action);
  void apply(const SendLease& action);
  void apply(const DrainWorker& action);
  void apply(const KillWorker& action);
  void apply(const RecordFailure& action);
  void apply(const DeviceLost& action);
  void apply(const Finished& action);
  void check_idle();
  void check_counts();
  void expect(bool holds, const std::string& promise);

  std::mt19937_64 random_;
  std::int64_t now_ns_ = 0;
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  DispatcherOptions options_;
  std::vector<SimDevice> devices_;
  std::vector<Worker> workers_;
  std::vector<Item> items_;
  std::set<ItemId> suspects_waiting_;
  std::set<SlotId> died_since_;  // the last take_actions()
  std::uint64_t listed_ = 0;
  std::uint64_t never_leased_ = 0;
  std::uint64_t leased_ = 0;
  bool source_ended_ = false;
  bool stopped_ = false;
  bool aborted_ = false;
  bool any_dies_at_items_ = false;
  double crash_share_ = 0;
  std::optional<Dispatcher> dispatcher_;
  std::string complaint_;
  WorldSummary summary_;
};

}  // namespace segfleet
