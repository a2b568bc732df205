// SPDX-License-Identifier: Apache-2.0
#include "worker/pipeline.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "worker/finish.h"
#include "worker/prepare.h"
#include "worker/write.h"

namespace segfleet {
namespace {

constexpr std::size_t kWriters = 2;      // one computes while the disk syncs the other's group
constexpr std::size_t kWriteGroup = 16;  // items whose files are committed together at most
constexpr std::int64_t kNsPerUs = 1000;

// Two batches for each lane: one is gathered while the other computes.
std::size_t infer_capacity(const Setup& setup, std::size_t lanes) {
  return 2 * lanes * static_cast<std::size_t>(setup.engine_options.batch);
}
std::size_t helpers(const Setup& setup) {
  return static_cast<std::size_t>(setup.helper_threads);
}
// Of each stage, where all are at work.
std::size_t most_helpers(const Setup& setup) {
  return static_cast<std::size_t>(std::max(setup.helper_threads, setup.helper_threads_limit));
}

// Enough for every stage and queue to be full at once.
std::size_t item_count(const Setup& setup, std::size_t lanes) {
  const std::size_t in_engine = lanes * static_cast<std::size_t>(setup.engine_options.batch);
  return most_helpers(setup) + infer_capacity(setup, lanes) + in_engine + helpers(setup) +
         most_helpers(setup) + kWriters * kWriteGroup;
}

// The engine reads a single picture where it lies, but of a larger batch only the copy side by side: to lock
// the memory of all pictures on their way would lock much more than is read.
MemorySource single_input_memory(const Setup& setup, Engine& engine) {
  return setup.engine_options.batch == 1 ? engine.input_memory() : MemorySource();
}

class ThreadGroup {
 public:
  void start(std::size_t count, const std::function<void(std::size_t)>& body) {
    for (std::size_t index = 0; index < count; ++index) threads_.emplace_back(body, index);
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

// Items that go together have one moment.
void reach(std::span<const ItemPtr> items, Moment moment) {
  const std::int64_t now_ns = steady_now_ns();
  for (const ItemPtr& item : items) item->reach(moment, now_ns);
}

}  // namespace

Pipeline::Pipeline(const Setup& setup, const ModelPackage& model, Engine& engine, BatchControl& batches,
                   std::span<std::byte> arena, const Nvjpeg* nvjpeg, Inbox& inbox, Reporter& reporter)
    : setup_(setup),
      model_(model),
      arena_(arena),
      nvjpeg_(nvjpeg),
      inbox_(inbox),
      reporter_(reporter),
      lanes_(static_cast<std::size_t>(engine.info().lanes)),
      batches_(batches),
      inputs_([source = single_input_memory(setup, engine)] { return std::make_unique<Tensor>(source); }),
      infer_(engine, batches, engine.input_memory()),
      meters_(lanes_),
      // With sticky transforms the result depends on the order, which one thread keeps.
      preparers_(setup.sticky_resize_by_short ? 1 : setup.helper_threads,
                 setup.sticky_resize_by_short ? 1 : setup.helper_threads_limit),
      finishers_(setup.helper_threads, setup.helper_threads_limit),
      free_items_(item_count(setup, lanes_)),
      to_infer_(infer_capacity(setup, lanes_)),
      to_finish_(helpers(setup)),
      to_write_(kWriteGroup) {
  const std::int64_t zero_ns = steady_now_ns();
  while (free_items_.size() < free_items_.capacity()) {
    auto item = std::make_unique<Item>();
    item->zero_ns = zero_ns;
    free_items_.push(std::move(item));
  }
}

void Pipeline::run() {
  ThreadGroup preparers;
  ThreadGroup lanes;
  ThreadGroup finishers;
  ThreadGroup writers;
  writers.start(kWriters, [this](std::size_t) { write_items(); });
  finishers.start(most_helpers(setup_),
                  [this](std::size_t number) { finish_items(static_cast<int>(number)); });
  lanes.start(lanes_, [this](std::size_t lane) { infer_items(static_cast<int>(lane)); });
  preparers.start(setup_.sticky_resize_by_short ? 1 : most_helpers(setup_),
                  [this](std::size_t number) { prepare_items(static_cast<int>(number)); });

  preparers.join();
  to_infer_.close();
  lanes.join();
  to_finish_.close();
  finishers.join();
  to_write_.close();
  writers.join();
}

template <typename Queue>
void Pipeline::pass_on(ItemPtr item, Queue& next) {
  if (item->failed) return report(std::move(item));
  item->start_waiting();
  next.push(std::move(item));
}

void Pipeline::prepare_items(int number) {
  Prepare prepare(setup_, model_, arena_, inputs_, pictures_, inbox_.comparisons_owed, nvjpeg_);
  LeasedItem leased;
  while (true) {
    preparers_.wait_for_turn(number);
    if (!inbox_.pop(leased)) break;
    ItemPtr item = std::move(*free_items_.pop());
    item->begin(std::move(leased));
    item->reach(Moment::begin);
    prepare.run(*item);
    if (item->failed && item->outcome.error.code == ErrorCode::device_lost)
      reporter_.give_up(item->outcome.error);
    pass_on(std::move(item), to_infer_);
  }
  preparers_.release();
}

void Pipeline::infer_items(int lane) {
  LaneMeter& meter = meters_[static_cast<std::size_t>(lane)];
  std::vector<ItemPtr> batch;
  while (true) {
    meter.enter(LaneState::idle);
    to_infer_.pop(batches_.limit(), batch);
    if (batch.empty()) break;
    for (const ItemPtr& item : batch) item->stop_waiting();
    meter.enter(LaneState::busy);
    reach(batch, Moment::infer_begin);
    infer_.run(lane, batch);
    reach(batch, Moment::infer_end);
    meter.enter(LaneState::blocked);
    for (ItemPtr& item : batch)
      if (!item->full_input) pass_on(std::move(item), to_finish_);
    for (ItemPtr& item : batch) {
      if (!item) continue;
      infer_.run_full(lane, *item);
      pass_on(std::move(item), to_finish_);
    }
  }
  meter.enter(LaneState::other);
}

void Pipeline::finish_items(int number) {
  Finish finish(setup_, model_.output_op, arena_);
  while (true) {
    finishers_.wait_for_turn(number);
    std::optional<ItemPtr> next = to_finish_.pop();
    if (!next) break;
    ItemPtr item = std::move(*next);
    item->stop_waiting();
    item->reach(Moment::finish_begin);
    finish.run(*item);
    if (!setup_.results_in_memory) {
      pass_on(std::move(item), to_write_);
      continue;
    }
    item->outcome.done = !item->failed;
    report(std::move(item));
  }
  finishers_.release();
}

void Pipeline::write_items() {
  Write write(setup_);
  Message done = Outcomes{};
  std::vector<ItemPtr> group;
  while (true) {
    to_write_.pop_some(kWriteGroup, group);
    if (group.empty()) return;
    for (const ItemPtr& item : group) item->stop_waiting();
    reach(group, Moment::write_begin);
    write.run(group);
    report_together(group, done);
  }
}

void Pipeline::report(ItemPtr item) {
  item->reach(Moment::end);
  reporter_.send(item->message, item->attached.get());
  item->attached.reset();  // else the labels would live until the item is used again, whoever has let them go
  free_items_.push(std::move(item));
}

// `message`: an Outcomes, kept for its memory. What failed may have long to tell, and goes alone.
void Pipeline::report_together(std::span<ItemPtr> group, Message& message) {
  static_assert(kWriteGroup * kMaxDoneOutcomeBytes + 64 <= kMaxMessageBytes);
  reach(group, Moment::end);
  std::vector<Outcome>& outcomes = std::get<Outcomes>(message).outcomes;
  const auto all_done = std::ranges::count_if(group, [](const ItemPtr& item) { return !item->failed; });
  outcomes.resize(static_cast<std::size_t>(all_done));
  std::size_t done = 0;
  for (const ItemPtr& item : group)
    if (!item->failed) std::swap(outcomes[done++], item->outcome);
  if (done > 0) reporter_.send(message);
  done = 0;
  for (const ItemPtr& item : group)  // each its own again, for its memory
    if (!item->failed) std::swap(outcomes[done++], item->outcome);
  for (ItemPtr& item : group) {
    if (item->failed)
      report(std::move(item));
    else
      free_items_.push(std::move(item));
  }
}

LaneTimes Pipeline::lane_times() const {
  LaneTimes sum;
  for (const LaneMeter& meter : meters_) {
    const LaneTimes times = meter.times();
    sum.busy_ns += times.busy_ns;
    sum.idle_ns += times.idle_ns;
    sum.blocked_ns += times.blocked_ns;
  }
  return sum;
}

void Pipeline::follow_engine() {
  const LaneTimes now = lane_times();
  const LaneTimes before = std::exchange(last_look_, now);
  const auto idle_ns = static_cast<double>(now.idle_ns - before.idle_ns);
  const auto blocked_ns = static_cast<double>(now.blocked_ns - before.blocked_ns);
  const double all_ns = static_cast<double>(now.busy_ns - before.busy_ns) + idle_ns + blocked_ns;
  if (all_ns <= 0) return;
  preparers_.observe(idle_ns / all_ns, inbox_.size() > 0);
  // Where the disk is what all wait for, more threads would only fill its queue.
  finishers_.observe(blocked_ns / all_ns, to_write_.size() < to_write_.capacity());
}

Stats Pipeline::stats() const {
  Stats stats;
  const LaneTimes times = lane_times();
  stats.engine_busy_us = times.busy_ns / kNsPerUs;
  stats.engine_idle_us = times.idle_ns / kNsPerUs;
  stats.prepare_threads = preparers_.at_work();
  stats.finish_threads = finishers_.at_work();
  stats.memory = batches_.use();
  stats.queued_prepare = static_cast<std::uint32_t>(inbox_.size());
  stats.queued_infer = static_cast<std::uint32_t>(to_infer_.size());
  stats.queued_finish = static_cast<std::uint32_t>(to_finish_.size() + to_write_.size());
  return stats;
}

}  // namespace segfleet
