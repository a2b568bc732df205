// SPDX-License-Identifier: Apache-2.0
#include "fleet/loop/worker_link.h"

#include <fcntl.h>

#include <cerrno>

#include "base/errno_error.h"
#include "transport/lease_split.h"

namespace segfleet {
namespace {

// The dispatcher's credits keep a healthy worker's outbox far below this.
constexpr std::size_t kOutboxLimit = 256;

// The last of two lines of one name would not surely win: the old one goes.
void set_variables(std::vector<std::string>& environment, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const std::string name = line.substr(0, line.find('=') + 1);
    std::erase_if(environment, [&](const std::string& old) { return old.starts_with(name); });
    environment.push_back(line);
  }
}

}  // namespace

Result<WorkerLink> WorkerLink::start(const WorkerPlan& plan, const WorkerSlot& place, Epoch epoch) {
  Result<std::pair<UniqueFd, UniqueFd>> ends = make_socketpair();
  SEGFLEET_RETURN_IF_ERROR(ends);
  auto& [ours, theirs] = *ends;
  if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0)
    return errno_error(errno, "cannot set up a worker's socket");
  ProcessOptions options;
  options.program = plan.worker.program;
  options.arguments = plan.worker.arguments;
  options.arguments.insert(options.arguments.end(), {"--socket-fd", std::to_string(kWorkerSocketFd)});
  options.environment = plan.environment;
  set_variables(options.environment, place.environment);
  options.folder = plan.folder;
  options.cores = place.cores;
  options.inherited = {theirs.get()};
  if (place.arena_fd >= 0) options.inherited.push_back(place.arena_fd);
  Result<Process> process = Process::spawn(options);
  SEGFLEET_RETURN_IF_ERROR(process);
  return WorkerLink(std::move(process).value(), Channel(std::move(ours)), epoch);
}

Status WorkerLink::send(Message message) {
  if (outbox_.size() >= kOutboxLimit) return Error{ErrorCode::protocol_error, "does not read its messages"};
  outbox_.push_back(std::move(message));
  return flush();
}

Status WorkerLink::send_lease(std::vector<LeasedItem> items) {
  leased += items.size();
  for (Lease& lease : split_lease(std::move(items))) SEGFLEET_RETURN_IF_ERROR(send(std::move(lease)));
  return {};
}

Status WorkerLink::flush() {
  while (!outbox_.empty()) {
    bool would_block = false;
    const Status sent = channel_.send(outbox_.front(), &would_block);
    if (!sent.ok()) {
      outbox_.clear();
      return sent.error().code == ErrorCode::protocol_error ? sent : Status();
    }
    if (would_block) return {};
    outbox_.pop_front();
  }
  return {};
}

Result<bool> WorkerLink::receive(Message& message) {
  if (at_end_) return false;
  bool would_block = false;
  const Result<bool> received = channel_.receive(message, &would_block);
  if (!received.ok() && received.error().code != ErrorCode::protocol_error) {
    at_end_ = true;  // a reset connection is an end as well
    return false;
  }
  if (received.ok() && !*received && !would_block) at_end_ = true;
  return received;
}

void WorkerLink::kill(std::string why) {
  if (kill_reason_.empty()) kill_reason_ = std::move(why);
  process_.kill();
}

std::optional<std::string> WorkerLink::try_reap() {
  const std::optional<std::string> how = process_.try_reap();
  if (!how || kill_reason_.empty()) return how;
  return kill_reason_;
}

}  // namespace segfleet
