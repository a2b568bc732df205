// SPDX-License-Identifier: Apache-2.0
// What workers say, turned into the dispatcher's events. A worker that breaks the protocol is killed.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "fleet/loop/event_loop.h"

namespace segfleet {
namespace {

constexpr std::size_t kNotesLimit = 100;  // different ones; a worker must not fill our memory

Error unexpected(std::string_view what) {
  return {ErrorCode::protocol_error, fmt::format("sent {} out of turn", what)};
}

}  // namespace

void EventLoop::read_messages(SlotId slot, int limit) {
  for (int i = 0; i < limit; ++i) {
    WorkerLink& worker = *links_[slot];
    const Result<bool> received = worker.receive(message_);
    if (received.ok() && !*received) return;
    const Status status = received.ok() ? handle(slot, worker, message_) : Status(received.error());
    if (status.ok()) continue;
    worker.kill("killed: it broke the protocol: " + status.error().message);
    worker.stop_listening();
    return;
  }
}

Status EventLoop::handle(SlotId slot, WorkerLink& worker, Message& message) {
  using Phase = WorkerLink::Phase;
  const bool loaded = worker.phase == Phase::running || worker.phase == Phase::leaving;
  if (const auto* hello = std::get_if<Hello>(&message)) return handle_hello(slot, worker, *hello);
  if (const auto* ready = std::get_if<Ready>(&message)) {
    if (worker.phase == Phase::running || worker.phase == Phase::hello) return unexpected("ready");
    handle_ready(slot, worker, *ready);
  } else if (const auto* failed = std::get_if<LoadFailed>(&message)) {
    if (worker.phase == Phase::running) return unexpected("load_failed");
    handle_load_failed(slot, worker, failed->error);
  } else if (auto* outcome = std::get_if<Outcome>(&message)) {
    if (!loaded) return unexpected("an outcome");
    return handle_outcome(slot, worker, std::move(*outcome));
  } else if (auto* together = std::get_if<Outcomes>(&message)) {
    if (!loaded) return unexpected("outcomes");
    for (Outcome& one : together->outcomes)
      SEGFLEET_RETURN_IF_ERROR(handle_outcome(slot, worker, std::move(one)));
  } else if (const auto* stats = std::get_if<Stats>(&message)) {
    if (!loaded) return unexpected("stats");
    handle_stats(slot, worker, *stats);
  } else if (const auto* note = std::get_if<Note>(&message)) {
    if (notes_.size() < kNotesLimit && notes_.insert(note->text).second) listener_.note(note->text);
  } else {
    return unexpected("a coordinator's message");
  }
  return {};
}

Status EventLoop::handle_hello(SlotId slot, WorkerLink& worker, const Hello& hello) {
  if (worker.phase == WorkerLink::Phase::leaving) return {};  // told to drain before it said anything
  if (worker.phase != WorkerLink::Phase::hello) return unexpected("hello");
  if (hello.protocol_version != kProtocolVersion || hello.segfleet_version != SEGFLEET_VERSION) {
    handle_load_failed(
        slot, worker,
        {ErrorCode::protocol_error,
         fmt::format(
             "{} is of segfleet {} (protocol {}), this is {} (protocol {}); install both from one release",
             plan_.worker.program.native(), hello.segfleet_version, hello.protocol_version, SEGFLEET_VERSION,
             kProtocolVersion)});
    worker.kill("killed: another version");
    return {};
  }
  worker.phase = WorkerLink::Phase::loading;
  Setup setup = plan_.slots[slot].setup;
  setup.memory.first_batch = batches_.first_batch(slot);
  setup.engine_options.incarnation = static_cast<int>(worker.epoch());
  return worker.send(std::move(setup));
}

void EventLoop::handle_ready(SlotId slot, WorkerLink& worker, const Ready& ready) {
  listener_.worker_ready(slot, ready);
  if (worker.phase == WorkerLink::Phase::leaving) return;  // it was told to drain while it loaded
  worker.phase = WorkerLink::Phase::running;
  batches_.ready(slot, ready.batch);
  dispatcher_.worker_ready(slot, worker.epoch(), {batches_.to_feed(slot), std::max(1, ready.lanes)},
                           steady_now_ns());
}

void EventLoop::handle_load_failed(SlotId slot, WorkerLink& worker, const Error& error) {
  worker.phase = WorkerLink::Phase::leaving;
  leave(worker);
  // What the run was told cannot be honoured: no other worker would change that. A device that was added
  // later is only left out.
  const bool of_the_run = plan_.slots[slot].device < first_devices_;
  if (error.code == ErrorCode::invalid_argument && of_the_run) fail(error);
  dispatcher_.worker_load_failed(slot, worker.epoch(), error, steady_now_ns());
}

void EventLoop::handle_stats(SlotId slot, WorkerLink& worker, const Stats& stats) {
  Stats& last = last_stats_[slot];
  const std::int64_t busy = stats.engine_busy_us - last.engine_busy_us;
  const std::int64_t idle = stats.engine_idle_us - last.engine_idle_us;
  Work& work = work_[plan_.slots[slot].device];
  work.engine_busy_us += std::max<std::int64_t>(0, busy);
  work.wall_us += std::max<std::int64_t>(0, stats.wall_us - last.wall_us);
  last = stats;
  batches_.reported(slot, stats.memory.batch);
  dispatcher_.worker_batch(slot, worker.epoch(), batches_.to_feed(slot), steady_now_ns());
  listener_.worker_stats(slot, stats);
  if (busy < 0 || idle < 0 || busy + idle <= 0) return;
  dispatcher_.worker_stats(slot, worker.epoch(), static_cast<double>(idle) / static_cast<double>(busy + idle),
                           steady_now_ns());
}

Status EventLoop::handle_outcome(SlotId slot, WorkerLink& worker, Outcome outcome) {
  if (!feed_.has(outcome.id))
    return Error{ErrorCode::protocol_error,
                 fmt::format("sent an outcome of item {}, which there is not", outcome.id)};
  if (worker.leased > 0) --worker.leased;
  if (worker.leased == 0 && worker.phase == WorkerLink::Phase::leaving) leave(worker);
  const std::uint32_t attempts = dispatcher_.attempts_of(outcome.id);
  const std::int64_t now = steady_now_ns();
  const bool counts = outcome.done
                          ? dispatcher_.item_done(slot, worker.epoch(), outcome.id, outcome.attempt, now)
                          : dispatcher_.item_failed(slot, worker.epoch(), outcome.id, outcome.attempt, now);
  // What failed is no measure of the engine: mostly it never saw it.
  if (counts && outcome.done) ++work_[plan_.slots[slot].device].done;
  UniqueFd attached = worker.take_attached();  // also of one that does not count: it is not the next one's
  const Status status =
      counts ? listener_.outcome(slot, worker.pid(), std::move(outcome), attempts, std::move(attached))
             : listener_.late_outcome(outcome);
  if (!status.ok()) fail(status.error());
  return {};
}

}  // namespace segfleet
