// SPDX-License-Identifier: Apache-2.0
#include "fleet/loop/event_loop.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"
#include "base/errno_error.h"

namespace segfleet {
namespace {

constexpr std::int64_t kExitGraceNs = 5'000'000'000;     // for a worker that has nothing left to do
constexpr std::int64_t kFailureGraceNs = 5'000'000'000;  // for leased items once the run has failed
constexpr int kMessagesPerTurn = 64;                     // then the other workers have theirs

// What an epoll event is about. The epoch tells events of a worker that has gone meanwhile.
enum class Watch : std::uint32_t { stop, socket, process, feed, calls };
std::uint64_t tag_of(Watch watch, SlotId slot, Epoch epoch) {
  return static_cast<std::uint64_t>(watch) << 61 | static_cast<std::uint64_t>(slot) << 32 | epoch;
}
Watch watch_of(std::uint64_t tag) {
  return static_cast<Watch>(tag >> 61);
}
SlotId slot_of(std::uint64_t tag) {
  return static_cast<SlotId>(tag >> 32 & 0x1fffffff);
}
Epoch epoch_of(std::uint64_t tag) {
  return static_cast<Epoch>(tag);
}

Status watch(int epoll, int fd, int operation, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) return errno_error(errno, "cannot watch a worker");
  return {};
}

}  // namespace

EventLoop::EventLoop(WorkerPlan& plan, ItemFeed& feed, Dispatcher& dispatcher, LoopListener& listener,
                     const StopRequest& stop)
    : plan_(plan),
      first_devices_(plan.devices.size()),
      feed_(feed),
      dispatcher_(dispatcher),
      listener_(listener),
      stop_(stop),
      links_(plan.slots.size()),
      last_stats_(plan.slots.size()),
      work_(plan.devices.size()),
      batches_(plan) {}

Status EventLoop::run() {
  if (const Status ready = set_up(); !ready.ok()) {
    calls_.close();
    return ready;
  }
  dispatcher_.start(steady_now_ns());
  feed_.feed(dispatcher_);
  Status status;
  while (status.ok()) {
    carry_out_actions();
    if (finished_ && living_ == 0) break;
    status = wait_and_handle();
  }
  calls_.close();
  SEGFLEET_RETURN_IF_ERROR(status);
  return failure_ ? Status(*failure_) : *finished_;
}

Status EventLoop::set_up() {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return errno_error(errno, "cannot make an epoll descriptor");
  if (calls_.fd() < 0) return errno_error(EMFILE, "cannot make an eventfd");
  SEGFLEET_RETURN_IF_ERROR(
      watch(epoll_.get(), calls_.fd(), EPOLL_CTL_ADD, EPOLLIN, tag_of(Watch::calls, 0, 0)));
  if (feed_.wake_fd() >= 0)
    SEGFLEET_RETURN_IF_ERROR(
        watch(epoll_.get(), feed_.wake_fd(), EPOLL_CTL_ADD, EPOLLIN, tag_of(Watch::feed, 0, 0)));
  return watch(epoll_.get(), stop_.fd(), EPOLL_CTL_ADD, EPOLLIN, tag_of(Watch::stop, 0, 0));
}

Status EventLoop::wait_and_handle() {
  std::array<epoll_event, 64> events{};
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms(steady_now_ns()));
  if (count < 0 && errno != EINTR) return errno_error(errno, "cannot wait for workers");
  for (int i = 0; i < count; ++i)
    handle_event(events[static_cast<std::size_t>(i)].data.u64, events[static_cast<std::size_t>(i)].events);
  keep_time();
  return {};
}

int EventLoop::timeout_ms(std::int64_t now) const {
  std::int64_t next = std::min({dispatcher_.next_tick_ns(), listener_.next_tick_ns(), failure_deadline_ns_});
  for (const auto& worker : links_)
    if (worker) next = std::min(next, worker->exit_deadline_ns);
  if (next == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<std::int64_t>((next - now + 999'999) / 1'000'000, 0, 60'000));
}

void EventLoop::handle_event(std::uint64_t tag, std::uint32_t events) {
  if (watch_of(tag) == Watch::stop) return handle_stop_request();
  if (watch_of(tag) == Watch::feed) return feed_.feed(dispatcher_);
  if (watch_of(tag) == Watch::calls) return calls_.make();
  const SlotId slot = slot_of(tag);
  WorkerLink* worker = link(slot, epoch_of(tag));
  if (worker == nullptr) return;
  if (watch_of(tag) == Watch::process) return worker_ended(slot);
  if ((events & EPOLLOUT) != 0)
    if (const Status sent = worker->flush(); !sent.ok()) worker->kill(sent.error().message);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_messages(slot, kMessagesPerTurn);
  update_watch(slot);
}

void EventLoop::worker_ended(SlotId slot) {
  // What it had said before counts; a descendant of it that holds the socket must not keep us here for ever.
  constexpr int kLastMessages = 100'000;
  read_messages(slot, kLastMessages);
  WorkerLink& worker = *links_[slot];
  const std::optional<std::string> how = worker.try_reap();
  if (!how) return;
  const Epoch epoch = worker.epoch();
  const bool drained = worker.phase == WorkerLink::Phase::leaving && worker.leased == 0;
  // Also one that had nothing to do when the stop came, perhaps still loading: it was sent away.
  const bool not_needed = stop_requests_ > 0 || !dispatcher_.takes_part(plan_.slots[slot].device);
  const bool sent_away = not_needed && worker.leased == 0;
  const bool run_is_over = finished_ || failure_ || stop_requests_ > 1 || sent_away;
  const WorkerEnd end = drained ? WorkerEnd::drained : run_is_over ? WorkerEnd::ended : WorkerEnd::died;
  const int first_batch = end == WorkerEnd::died && !worker.was_killed() ? batches_.died(slot) : 0;
  links_[slot].reset();  // closes its descriptors, which ends their watching
  --living_;
  dispatcher_.worker_died(slot, epoch, *how, steady_now_ns());
  if (const Status status = listener_.worker_ended(slot, *how, end); !status.ok()) fail(status.error());
  if (first_batch > 0)
    listener_.note(
        fmt::format("{}: a worker died while it ran batches, perhaps for lack of memory: the next "
                    "begins with {} pictures a batch",
                    plan_.devices[plan_.slots[slot].device].name, first_batch));
}

void EventLoop::handle_stop_request() {
  std::uint64_t count = 0;
  if (::read(stop_.fd(), &count, sizeof count) != static_cast<ssize_t>(sizeof count)) return;
  const bool first = stop_requests_ == 0;
  stop_requests_ += count;
  if (stop_requests_ > 1)
    dispatcher_.abort({ErrorCode::interrupted, "stopped at once; the same command resumes"}, steady_now_ns());
  else if (first)
    dispatcher_.stop(steady_now_ns());
}

void EventLoop::keep_time() {
  const std::int64_t now = steady_now_ns();
  if (now >= dispatcher_.next_tick_ns()) dispatcher_.tick(now);
  if (now >= listener_.next_tick_ns())
    if (const Status status = listener_.tick(now); !status.ok()) fail(status.error());
  for (auto& worker : links_) {
    if (!worker || now < worker->exit_deadline_ns) continue;
    worker->exit_deadline_ns = INT64_MAX;
    worker->kill("killed: did not exit within 5 s after its work");
  }
  if (now >= failure_deadline_ns_) {
    failure_deadline_ns_ = INT64_MAX;
    dispatcher_.abort(*failure_, now);
  }
}

Status EventLoop::watch_link(SlotId slot, WorkerLink& worker) {
  SEGFLEET_RETURN_IF_ERROR(watch(epoll_.get(), worker.socket(), EPOLL_CTL_ADD, EPOLLIN,
                                 tag_of(Watch::socket, slot, worker.epoch())));
  return watch(epoll_.get(), worker.pidfd(), EPOLL_CTL_ADD, EPOLLIN,
               tag_of(Watch::process, slot, worker.epoch()));
}

void EventLoop::update_watch(SlotId slot) {
  if (!links_[slot]) return;
  WorkerLink& worker = *links_[slot];
  if (worker.at_end() && worker.socket_watched) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, worker.socket(), nullptr);  // else it would wake us without end
    worker.socket_watched = false;
    leave(worker);
  }
  if (!worker.socket_watched || worker.wants_to_write() == worker.write_watched) return;
  worker.write_watched = worker.wants_to_write();
  const std::uint32_t events = worker.write_watched ? EPOLLIN | EPOLLOUT : EPOLLIN;
  const Status watched = watch(epoll_.get(), worker.socket(), EPOLL_CTL_MOD, events,
                               tag_of(Watch::socket, slot, worker.epoch()));
  if (!watched.ok()) worker.kill(watched.error().message);
}

void EventLoop::leave(WorkerLink& worker) {
  worker.exit_deadline_ns = std::min(worker.exit_deadline_ns, steady_now_ns() + kExitGraceNs);
}

void EventLoop::fail(const Error& error) {
  if (failure_) return;
  failure_ = error;
  failure_deadline_ns_ = steady_now_ns() + kFailureGraceNs;
  dispatcher_.stop(steady_now_ns());
}

}  // namespace segfleet
