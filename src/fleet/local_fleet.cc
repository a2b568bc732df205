// SPDX-License-Identifier: Apache-2.0
// How a fleet begins and ends.
#include "fleet/local_fleet.h"

#include <signal.h>

#include "fleet/find_workers.h"
#include "fleet/options_check.h"
#include "fleet/run_monitor.h"

namespace segfleet {

Result<std::unique_ptr<Fleet>> LocalFleet::open(FleetOptions options, std::shared_ptr<StopRequest> stop) {
  SEGFLEET_RETURN_IF_ERROR(check_options(options));
  Result<ModelPackage> model = load_model_package(options.model);
  SEGFLEET_RETURN_IF_ERROR(model);
  SEGFLEET_RETURN_IF_ERROR(check_scores(options, options.confidence ? "confidence" : "", *model));
  SEGFLEET_RETURN_IF_ERROR(check_fast_decode(options, *model));
  std::vector<std::string> notes = model->warnings;
  Result<Workers> workers = find_workers(options, *model, false, stop->fd(),
                                         [&](const std::string& note) { notes.push_back(note); });
  SEGFLEET_RETURN_IF_ERROR(workers);
  Result<std::shared_ptr<Arena>> arena = Arena::create(options.arena_bytes);
  SEGFLEET_RETURN_IF_ERROR(arena);
  std::unique_ptr<LocalFleet> fleet(new LocalFleet(std::move(options), std::move(model).value(),
                                                   std::move(workers->plan), std::move(arena).value(),
                                                   std::move(stop)));
  for (const std::string& note : notes) fleet->books_.note(note);
  SEGFLEET_RETURN_IF_ERROR(fleet->books_.wait_until_ready());
  return std::unique_ptr<Fleet>(std::move(fleet));
}

LocalFleet::LocalFleet(FleetOptions options, ModelPackage model, WorkerPlan plan,
                       std::shared_ptr<Arena> arena, std::shared_ptr<StopRequest> stop)
    : options_(std::move(options)),
      model_(std::move(model)),
      plan_(std::move(plan)),
      arena_(std::move(arena)),
      stop_(std::move(stop)),
      books_(plan_, pictures_) {
  for (WorkerSlot& slot : plan_.slots) {
    slot.setup.write_mask = false;
    slot.setup.write_confidence = options_.confidence;
    slot.setup.results_in_memory = true;
    slot.arena_fd = arena_->fd();
  }
  // Signals are for the caller's threads.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  loop_ = std::thread([this] { run_loop(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LocalFleet::~LocalFleet() {
  if (::getpid() == process_) {
    close(true);
    return;
  }
  // In a child after fork() there is no loop, only its handle.
  loop_.detach();
}

void LocalFleet::run_loop() {
  DispatcherOptions options;
  for (const WorkerSlot& slot : plan_.slots) options.device_of_slot.push_back(slot.device);
  for (const Device& device : plan_.devices) options.device_names.push_back(device.name);
  // Labels are written in place: a late worker would write into memory that is another picture's by then.
  options.speculate = false;
  options.item_timeout_ns = static_cast<std::int64_t>(options_.item_timeout_s * 1e9);
  Dispatcher dispatcher(std::move(options));
  EventLoop loop(plan_, pictures_, dispatcher, books_, *stop_);
  const RunMonitor monitor(loop);
  const Status status = loop.run();
  books_.loop_ended(status.ok() ? Error{ErrorCode::invalid_argument, "the fleet is closed: open another"}
                                : status.error());
  arena_->close();  // after it: who waited for room, and would for ever, asks why there is none
}

void LocalFleet::close(bool at_once) {
  if (::getpid() != process_) return;
  pictures_.close();
  if (at_once) {
    stop_->request();
    stop_->request();
  }
  const MutexLock lock(joining_);
  if (loop_.joinable()) loop_.join();
}

// A child's copy of the books' lock may be held for ever.
Result<Progress> LocalFleet::stats() const {
  SEGFLEET_RETURN_IF_ERROR(check_process());
  return books_.progress();
}

Result<std::vector<std::string>> LocalFleet::notes() const {
  SEGFLEET_RETURN_IF_ERROR(check_process());
  return books_.notes();
}

Status LocalFleet::check_process() const {
  if (::getpid() == process_) return {};
  return Error{
      ErrorCode::invalid_argument,
      "this fleet was opened before fork(): its workers belong to the parent; open one in the child"};
}

}  // namespace segfleet
