// SPDX-License-Identifier: Apache-2.0
#include "fleet/fleet_books.h"

#include <fmt/format.h>

#include "base/clock.h"

namespace segfleet {
namespace {

constexpr std::int64_t kProgressNs = 200'000'000;

// Who is told that a picture has ended finds its memory free.
PictureDone without_memory(PendingPicture picture) {
  return std::move(picture.done);
}

}  // namespace

FleetBooks::FleetBooks(const WorkerPlan& plan, PendingPictures& pictures)
    : plan_(plan),
      pictures_(pictures),
      next_progress_ns_(steady_now_ns() + kProgressNs),
      meter_(plan, 0, 0, steady_now_ns()) {}

void FleetBooks::worker_started(SlotId slot, int /*pid*/) {
  const MutexLock lock(mutex_);
  meter_.worker_started(slot);
}

void FleetBooks::worker_ready(SlotId slot, const Ready& ready) {
  const MutexLock lock(mutex_);
  meter_.worker_ready(slot, ready);
  ready_ = true;
  changed_.notify_all();
}

void FleetBooks::worker_stats(SlotId slot, const Stats& stats) {
  const MutexLock lock(mutex_);
  meter_.worker_stats(slot, stats);
}

Status FleetBooks::worker_ended(SlotId slot, const std::string& how, WorkerEnd end) {
  const MutexLock lock(mutex_);
  meter_.worker_ended(slot, end != WorkerEnd::died);
  if (end == WorkerEnd::died) notes_.push_back(fmt::format("a worker on {} {}", device_of(slot), how));
  return {};
}

void FleetBooks::device_lost(std::uint32_t device, const Error& error) {
  const MutexLock lock(mutex_);
  meter_.device_lost(device);
  notes_.push_back(fmt::format("device {} is out: {}", plan_.devices[device].name, error.message));
}

void FleetBooks::device_sampled(std::uint32_t device, const DeviceSample& sample) {
  const MutexLock lock(mutex_);
  meter_.take_sample(device, sample);
}

void FleetBooks::note(const std::string& text) {
  const MutexLock lock(mutex_);
  notes_.push_back(text);
}

Status FleetBooks::outcome(SlotId slot, int /*pid*/, Outcome outcome, std::uint32_t attempts,
                           UniqueFd attached) {
  std::optional<PendingPicture> picture = pictures_.take(outcome.id);
  if (!picture) return {};
  {
    const MutexLock lock(mutex_);
    if (outcome.done)
      meter_.item_done(slot);
    else
      meter_.item_failed();
  }
  const PictureDone done = without_memory(std::move(*picture));
  if (outcome.done)
    done(std::move(outcome), std::move(attached), device_of(slot), attempts);
  else
    done(outcome.error, UniqueFd(), device_of(slot), attempts);
  return {};
}

Status FleetBooks::failure_by_dispatcher(const RecordFailure& failure) {
  std::optional<PendingPicture> picture = pictures_.take(failure.id);
  if (!picture) return {};
  {
    const MutexLock lock(mutex_);
    meter_.item_failed();
  }
  without_memory(std::move(*picture))(failure.error, UniqueFd(), device_of(failure.slot), failure.attempts);
  return {};
}

Status FleetBooks::tick(std::int64_t now_ns) {
  next_progress_ns_ = now_ns + kProgressNs;
  const MutexLock lock(mutex_);
  meter_.update(now_ns);
  return {};
}

void FleetBooks::loop_ended(const Error& why) {
  for (PendingPicture& picture : pictures_.end(why))
    without_memory(std::move(picture))(why, UniqueFd(), "", 1);
  const MutexLock lock(mutex_);
  ended_ = why;
  changed_.notify_all();
}

Status FleetBooks::wait_until_ready() {
  const MutexLock lock(mutex_);
  while (!ready_ && !ended_) changed_.wait(mutex_);
  if (ended_) return *ended_;
  return {};
}

Progress FleetBooks::progress() const {
  const MutexLock lock(mutex_);
  return meter_.progress();
}

std::vector<std::string> FleetBooks::notes() const {
  const MutexLock lock(mutex_);
  return notes_;
}

}  // namespace segfleet
