// SPDX-License-Identifier: Apache-2.0
#include "fleet/dispatch/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "fleet/dispatch/dispatcher_state.h"

namespace segfleet {
namespace {

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

int items_in_engine(const WorkerCapacity& capacity) {
  const std::int64_t items = std::int64_t{std::max(1, capacity.batch)} * std::max(1, capacity.lanes);
  return static_cast<int>(std::min<std::int64_t>(items, std::numeric_limits<int>::max()));
}

}  // namespace

Dispatcher::State::State(DispatcherOptions given) : options(std::move(given)) {
  for (const std::uint32_t device : options.device_of_slot) {
    while (devices.size() <= device) devices.push_back({DeviceHealth(health_limits(options)), {}});
    add_slot(device);
  }
  // A number that no slot has is no device.
  for (const DeviceState& device : devices) usable_devices += device.slots.empty() ? 0 : 1;
}

void Dispatcher::State::add_slot(std::uint32_t device) {
  devices[device].slots.push_back(static_cast<SlotId>(slots.size()));
  slots.emplace_back(device, RestartDelay(options.restart_delay_first_ns, options.restart_delay_limit_ns,
                                          options.device_deaths_window_ns));
  deadlines.grow(slots.size());
}

Slot* Dispatcher::State::live(SlotId slot, Epoch epoch) {
  if (finished || slot >= slots.size()) return nullptr;
  Slot& found = slots[slot];
  const bool alive = found.state != SlotState::stopped && found.state != SlotState::waiting;
  return alive && found.epoch == epoch ? &found : nullptr;
}

void Dispatcher::State::set_state(SlotId id, SlotState state) {
  Slot& slot = slots[id];
  if (slot.state == SlotState::ready) {
    count_speed(slot, 0);
    --ready;
    --devices[slot.device].ready;
    set_makes_room(slot, false);
  }
  if (slot.state == SlotState::starting) --starting;
  slot.state = state;
  if (state == SlotState::ready) {
    count_speed(slot, slot.speed.items_per_s());
    ++ready;
    ++devices[slot.device].ready;
  }
  if (state == SlotState::starting) ++starting;
}

void Dispatcher::State::count_speed(Slot& slot, double items_per_s) {
  known_speed += items_per_s - slot.counted_speed;
  known_speeds += (items_per_s > 0 ? 1 : 0) - (slot.counted_speed > 0 ? 1 : 0);
  slot.counted_speed = items_per_s;
  if (known_speeds == 0) known_speed = 0;  // no rounding is left over
}

void Dispatcher::State::spawn(SlotId id) {
  Slot& slot = slots[id];
  ++slot.epoch;
  slot.timed_out = false;
  slot.kill_reason.clear();
  set_state(id, SlotState::starting);
  actions.emplace_back(SpawnWorker{id, slot.epoch});
  deadlines.set(id, now, options.load_timeout_ns);
}

void Dispatcher::State::kill(SlotId id, std::string why) {
  set_state(id, SlotState::killed);
  deadlines.clear(id);
  actions.emplace_back(KillWorker{id, slots[id].epoch, why});
  slots[id].kill_reason = std::move(why);
  work_came = true;  // what this device must not try, another may now have to
}

void Dispatcher::State::send_away(SlotId id) {
  switch (slots[id].state) {
    case SlotState::waiting:
      set_state(id, SlotState::stopped);
      deadlines.clear(id);
      break;
    case SlotState::starting:
      kill(id, "not needed any more");
      break;
    case SlotState::ready:
      set_state(id, SlotState::leaving);
      actions.emplace_back(DrainWorker{id, slots[id].epoch});
      break;
    case SlotState::stopped:
    case SlotState::leaving:
    case SlotState::killed:
      break;
  }
}

// The deadline of a worker that holds items; none for one that holds nothing or will be dead soon.
void Dispatcher::State::watch_items(SlotId id) {
  const Slot& slot = slots[id];
  if (slot.state == SlotState::killed) return;
  if (slot.held.empty()) {
    deadlines.clear(id);
  } else {
    deadlines.set(id, now, options.item_timeout_ns);
  }
}

bool Dispatcher::State::take_outcome(SlotId id, Epoch epoch, ItemId item, std::uint32_t attempt) {
  Slot* slot = live(id, epoch);
  if (slot == nullptr) return false;
  const auto entry = std::find_if(slot->held.begin(), slot->held.end(), [&](const Held& held) {
    return held.entry.id == item && held.entry.attempt == attempt;
  });
  if (entry == slot->held.end()) return false;
  const Held held = *entry;
  slot->held.erase(entry);
  slot->speed.outcome(now);
  if (slot->state == SlotState::ready) count_speed(*slot, slot->speed.items_per_s());
  if (held.expected_ns > 0) overrun.observe(now - held.leased_ns, held.expected_ns);
  on_suspects -= slot->has_suspect ? 1 : 0;
  slot->has_suspect = false;
  slot->on_probation = false;
  slot->after_death_alone = false;
  devices[slot->device].health.outcome();
  watch_items(id);
  want_feeding(id);
  if (held.over) return false;
  part_twins(held, true);
  --leased;
  --open;
  return true;
}

void Dispatcher::State::deadline_passed(SlotId id) {
  Slot& slot = slots[id];
  switch (slot.state) {
    case SlotState::waiting:
      spawn(id);
      break;
    case SlotState::starting:
      kill(id, fmt::format("was not ready {:g} s after its start", seconds(options.load_timeout_ns)));
      break;
    case SlotState::ready:
    case SlotState::leaving:
      slot.timed_out = true;
      kill(id, fmt::format("gave no outcome for {:g} s while it held {} items",
                           seconds(options.item_timeout_ns), slot.held.size()));
      break;
    case SlotState::stopped:
    case SlotState::killed:
      break;
  }
}

void Dispatcher::State::count_failures(std::uint64_t more) {
  failures += more;
  if (!options.max_failures || failures <= *options.max_failures) return;
  Error why{
      ErrorCode::too_many_failures,
      fmt::format("more than {} items failed, as --max-failures allows: look at the failures, then run the "
                  "same command again, with more allowed where they are all right",
                  *options.max_failures)};
  if (stop_because) stop_because = why;  // it says more than that the user asked
  stop(std::move(why));
}

void Dispatcher::State::stop(Error why) {
  if (finished || stop_because) return;
  stop_because = std::move(why);
  for (SlotId id = 0; id < slots.size(); ++id) send_away(id);
}

void Dispatcher::State::end(Status status) {
  for (SlotId id = 0; id < slots.size(); ++id) {
    // What a worker still holds now is of no use to anyone.
    const bool living = slots[id].state == SlotState::ready || slots[id].state == SlotState::leaving;
    if (living && !slots[id].held.empty())
      kill(id, "another worker finished first what it had");
    else
      send_away(id);
  }
  actions.emplace_back(Finished{std::move(status)});
  finished = true;
}

void Dispatcher::State::end_where_due() {
  if (finished) return;
  const bool too_many = stop_because && stop_because->code == ErrorCode::too_many_failures;
  if (source_ended && open == 0 && !too_many) return end({});
  if (leased > 0) return;
  if (stop_because)
    return end(Error{stop_because->code, fmt::format("{}; {} items are open", stop_because->message, open)});
  if (usable_devices > 0 || waits_for_device) return;
  if (!first_loss)
    return end(
        Error{ErrorCode::invalid_argument, "there is no device to run on; name at least one with --devices"});
  end(Error{first_loss->code,
            fmt::format("{}; no device is left, {} items are open", first_loss->message, open)});
}

Dispatcher::Dispatcher(DispatcherOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Dispatcher::~Dispatcher() = default;

void Dispatcher::start(std::int64_t now_ns) {
  state_->now = now_ns;
  state_->count_failures(state_->options.failures_before);
  if (state_->stop_because) return;
  for (SlotId id = 0; id < state_->slots.size(); ++id) state_->spawn(id);
}

void Dispatcher::source_item(ItemId id) {
  if (state_->finished) return;
  state_->pending.push(id);
  ++state_->open;
  state_->work_came = true;
}

void Dispatcher::source_end(std::int64_t now_ns) {
  state_->now = now_ns;
  state_->source_ended = true;
}

void Dispatcher::worker_ready(SlotId slot, Epoch epoch, const WorkerCapacity& capacity, std::int64_t now_ns) {
  Slot* worker = state_->live(slot, epoch);
  if (worker == nullptr || worker->state != SlotState::starting) return;
  state_->now = now_ns;
  const int in_engine = items_in_engine(capacity);
  worker->credit = Credit(in_engine, state_->options.one_at_a_time);
  worker->credit_bound = false;
  if (worker->in_engine != in_engine) worker->speed = Speed(in_engine);
  worker->in_engine = in_engine;
  worker->lanes = capacity.lanes;
  state_->set_state(slot, SlotState::ready);
  state_->deadlines.clear(slot);
  state_->want_feeding(slot);
}

void Dispatcher::worker_load_failed(SlotId slot, Epoch epoch, const Error& error, std::int64_t now_ns) {
  Slot* worker = state_->live(slot, epoch);
  if (worker == nullptr || worker->state != SlotState::starting) return;
  state_->now = now_ns;
  state_->set_state(slot, SlotState::leaving);  // it exits by itself
  state_->deadlines.clear(slot);
  state_->retire(slot, error);
}

void Dispatcher::worker_died(SlotId slot, Epoch epoch, const std::string& how, std::int64_t now_ns) {
  if (state_->live(slot, epoch) == nullptr) return;
  state_->now = now_ns;
  state_->handle_death(slot, how);
}

void Dispatcher::worker_batch(SlotId slot, Epoch epoch, int batch, std::int64_t now_ns) {
  Slot* worker = state_->live(slot, epoch);
  if (worker == nullptr || worker->state != SlotState::ready) return;
  const int in_engine = items_in_engine({batch, worker->lanes});
  if (in_engine == worker->in_engine) return;
  state_->now = now_ns;
  worker->in_engine = in_engine;
  worker->credit.set_in_engine(in_engine);
  worker->speed.set_in_engine(in_engine);
  state_->want_feeding(slot);
}

void Dispatcher::worker_stats(SlotId slot, Epoch epoch, double engine_idle_share, std::int64_t now_ns) {
  Slot* worker = state_->live(slot, epoch);
  if (worker == nullptr || worker->state != SlotState::ready) return;
  state_->now = now_ns;
  if (state_->paused) return;
  worker->credit.observe(engine_idle_share, worker->credit_bound);
  state_->want_feeding(slot);
}

bool Dispatcher::item_done(SlotId slot, Epoch epoch, ItemId id, std::uint32_t attempt, std::int64_t now_ns) {
  state_->now = now_ns;
  return state_->take_outcome(slot, epoch, id, attempt);
}

bool Dispatcher::item_failed(SlotId slot, Epoch epoch, ItemId id, std::uint32_t attempt,
                             std::int64_t now_ns) {
  if (!item_done(slot, epoch, id, attempt, now_ns)) return false;
  state_->count_failures(1);
  return true;
}

void Dispatcher::tick(std::int64_t now_ns) {
  if (state_->finished) return;
  state_->now = now_ns;
  while (const auto slot = state_->deadlines.pop_due(now_ns)) state_->deadline_passed(*slot);
}

std::int64_t Dispatcher::next_tick_ns() const {
  return state_->finished ? Deadlines::kNever : std::min(state_->deadlines.next_ns(), state_->look_ns);
}

void Dispatcher::stop(std::int64_t now_ns) {
  state_->now = now_ns;
  state_->stop({ErrorCode::interrupted, "stopped on request; the same command goes on from here"});
}

void Dispatcher::abort(const Error& error, std::int64_t now_ns) {
  if (state_->finished) return;
  state_->now = now_ns;
  for (SlotId id = 0; id < state_->slots.size(); ++id) {
    const SlotState state = state_->slots[id].state;
    if (state == SlotState::starting || state == SlotState::ready || state == SlotState::leaving)
      state_->kill(id, error.message);
  }
  state_->end(error);
}

std::vector<Action> Dispatcher::take_actions() {
  if (!state_->finished) state_->hand_out();
  state_->end_where_due();
  return std::exchange(state_->actions, {});
}

std::uint32_t Dispatcher::attempts_of(ItemId id) const {
  return state_->suspects.attempts_of(id);
}
std::uint64_t Dispatcher::open_items() const {
  return state_->open;
}
std::uint64_t Dispatcher::leased_items() const {
  return state_->leased;
}

}  // namespace segfleet
