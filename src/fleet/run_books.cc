// SPDX-License-Identifier: Apache-2.0
#include "fleet/run_books.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"

namespace segfleet {
namespace {

constexpr std::int64_t kFlushNs = 250'000'000;
constexpr std::int64_t kProgressNs = 200'000'000;
constexpr std::size_t kUnwrittenLimit = 4096;  // outcomes; then a flush is due at once

// The output folder's failure, not the item's: the next item would meet it as well.
bool ends_the_run(const Outcome& outcome) {
  if (outcome.done || outcome.failed_stage != Stage::write) return false;
  switch (outcome.error.code) {
    case ErrorCode::no_space:
    case ErrorCode::permission_denied:
    case ErrorCode::io_error:
    case ErrorCode::not_found:
      return true;
    default:
      return false;
  }
}

ItemEvent event_of(const SourceItem& item, const std::string& device, bool done, std::uint32_t attempts) {
  ItemEvent event;
  event.input = item.input;
  event.stem = item.stem;
  event.device = device;
  event.done = done;
  event.attempts = attempts;
  return event;
}

}  // namespace

RunBooks::RunBooks(const WorkerPlan& plan, const std::vector<SourceItem>& items,
                   const std::vector<Ledger::Entry>& rows, Ledger& ledger, ProgressMeter& meter,
                   RunStatistics& statistics, RunObserver& observer, DecodeCheck* check,
                   std::int64_t start_ns)
    : plan_(plan),
      items_(items),
      rows_(rows),
      ledger_(ledger),
      history_(plan, ledger),
      meter_(meter),
      statistics_(statistics),
      observer_(observer),
      check_(check),
      start_ns_(start_ns),
      next_progress_ns_(start_ns + kProgressNs) {}

void RunBooks::worker_started(SlotId slot, int pid) {
  meter_.worker_started(slot);
  history_.worker_started(slot, pid);
  flush_soon();
}

void RunBooks::worker_ready(SlotId slot, const Ready& ready) {
  meter_.worker_ready(slot, ready);
  history_.worker_ready(slot, ready);
  flush_soon();
  if (engine_load_s_ == 0) engine_load_s_ = static_cast<double>(ready.load_us) * 1e-6;
  engine_version_ = ready.engine_version;
}

void RunBooks::worker_stats(SlotId slot, const Stats& stats) {
  meter_.worker_stats(slot, stats);
  history_.worker_stats(slot, stats);
  flush_soon();
}

Status RunBooks::worker_ended(SlotId slot, const std::string& how, WorkerEnd end) {
  meter_.worker_ended(slot, end != WorkerEnd::died);
  history_.worker_ended(slot, how, end);
  flush_soon();
  if (end == WorkerEnd::drained) return {};
  worker_was_killed_ = true;
  if (end == WorkerEnd::ended) return {};
  observer_.worker_died(device_name(slot), how);
  if (!plan_.slots[slot].setup.sticky_resize_by_short) return {};
  return Error{
      ErrorCode::worker_crashed,
      fmt::format(
          "the worker {}; with --sticky-resize-by-short its successor would compute other results: use "
          "--restart to compute all again",
          how)};
}

void RunBooks::device_lost(std::uint32_t device, const Error& error) {
  meter_.device_lost(device);
  history_.device_changed(device, "lost");
  flush_soon();
  observer_.note(fmt::format("device {} is out of this run: {}", plan_.devices[device].name, error.message));
}

void RunBooks::device_added(std::uint32_t device) {
  meter_.device_added(plan_);
  history_.device_changed(device, "added");
  flush_soon();
  observer_.note(fmt::format("device {} is added to this run", plan_.devices[device].name));
}

void RunBooks::device_removed(std::uint32_t device) {
  meter_.device_removed(device);
  history_.device_changed(device, "removed");
  flush_soon();
  observer_.note(
      fmt::format("device {} is removed from this run; it finishes what it has", plan_.devices[device].name));
}

void RunBooks::paused(bool paused) {
  meter_.set_paused(paused);
  history_.changed(paused ? "paused" : "resumed");
  flush_soon();
  observer_.note(paused ? "paused: nothing more is handed out; `segfleet ctl OUTPUT resume` goes on"
                        : "resumed");
}

void RunBooks::device_sampled(std::uint32_t device, const DeviceSample& sample) {
  meter_.take_sample(device, sample);
  history_.device_sampled(device, sample);
  flush_soon();
}

void RunBooks::note(const std::string& text) {
  observer_.note(text);
}

Status RunBooks::outcome(SlotId slot, int pid, Outcome outcome, std::uint32_t attempts,
                         UniqueFd /*attached*/) {
  const SourceItem& item = items_[outcome.id];
  if (ends_the_run(outcome)) return outcome.error;
  const std::string& device = device_name(slot);
  if (outcome.done) {
    if (first_mask_s_ < 0) first_mask_s_ = static_cast<double>(steady_now_ns() - start_ns_) * 1e-9;
    meter_.item_done(slot);
    statistics_.add_done(outcome);
    observer_.item(event_of(item, device, true, attempts));
  } else {
    tell_failure(outcome, device, std::string(name_of(outcome.failed_stage)), attempts);
  }
  RecordedOutcome recorded;
  recorded.outcome = std::move(outcome);
  recorded.device = device;
  recorded.worker_pid = pid;
  recorded.attempts = attempts;
  history_.place(slot, recorded);
  return record(std::move(recorded));
}

// A worker that cannot write takes the files of that name away with it, and they may be those that were
// recorded: the run ends here, as it would with the next item, and the same command mends it.
Status RunBooks::late_outcome(const Outcome& outcome) {
  if (ends_the_run(outcome)) return outcome.error;
  return {};
}

Status RunBooks::failure_by_dispatcher(const RecordFailure& failure) {
  RecordedOutcome recorded;
  recorded.outcome.id = failure.id;
  recorded.outcome.error = failure.error;
  recorded.stage_known = false;
  recorded.device = device_name(failure.slot);
  recorded.attempts = failure.attempts;
  recorded.outcome.moments_us[static_cast<std::size_t>(Moment::end)] = ledger_.run_us();
  tell_failure(recorded.outcome, recorded.device, "", failure.attempts);
  return record(std::move(recorded));
}

void RunBooks::tell_failure(const Outcome& outcome, const std::string& device, const std::string& stage,
                            std::uint32_t attempts) {
  const SourceItem& item = items_[outcome.id];
  meter_.item_failed();
  statistics_.add_failure(item.input, outcome.error);
  ItemEvent event = event_of(item, device, false, attempts);
  event.error = outcome.error;
  event.stage = stage;
  observer_.item(event);
}

Status RunBooks::record(RecordedOutcome recorded) {
  if (check_ != nullptr) check_->ended(recorded.outcome, items_[recorded.outcome.id].input);
  recorded.outcome.id = rows_[recorded.outcome.id].id;
  ledger_.record(std::move(recorded));
  if (ledger_.unwritten() >= kUnwrittenLimit) return flush();
  flush_soon();
  return {};
}

Status RunBooks::flush() {
  next_flush_ns_ = INT64_MAX;
  if (check_ != nullptr && checked_pictures_kept_ != check_->effect().pictures) {
    checked_pictures_kept_ = check_->effect().pictures;
    const DecodeWay& way = check_->way();
    SEGFLEET_RETURN_IF_ERROR(ledger_.set_run_fact(way.fact, as_text(way, check_->effect())));
  }
  return ledger_.flush();
}

void RunBooks::flush_soon() {
  if (next_flush_ns_ == INT64_MAX) next_flush_ns_ = steady_now_ns() + kFlushNs;
}

Status RunBooks::tick(std::int64_t now_ns) {
  if (now_ns >= next_progress_ns_) {
    next_progress_ns_ = now_ns + kProgressNs;
    observer_.progress(meter_.update(now_ns));
  }
  return now_ns < next_flush_ns_ ? Status() : flush();
}

std::int64_t RunBooks::next_tick_ns() const {
  return std::min(next_flush_ns_, next_progress_ns_);
}

}  // namespace segfleet
