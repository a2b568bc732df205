// SPDX-License-Identifier: Apache-2.0
// The coordinator's hold on one living worker: its process, its socket, what is still to be sent to it.
// Never blocks: a worker that does not read fills its own outbox and no one else's.
// Thread-safety: one thread.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "fleet/dispatch/dispatcher.h"
#include "fleet/loop/worker_plan.h"
#include "fleet/process/process.h"
#include "transport/channel.h"

namespace segfleet {

class WorkerLink {
 public:
  // Starts the program. Errors: as Process::spawn(), or io_error where no socket can be had.
  static Result<WorkerLink> start(const WorkerPlan& plan, const WorkerSlot& place, Epoch epoch);

  // Sends now or as soon as the worker reads. Errors: protocol_error where the outbox is full. A peer that is
  // gone is no error: its process's end tells.
  Status send(Message message);
  Status send_lease(std::vector<LeasedItem> items);
  Status flush();  // as much of the outbox as the socket takes
  bool wants_to_write() const { return !outbox_.empty(); }

  // The next message, into `message` (Channel::receive()). False where none is there, or after the end of the
  // stream (at_end()). Errors: protocol_error.
  Result<bool> receive(Message& message);
  UniqueFd take_attached() { return channel_.take_attached(); }  // to the last message that was received
  bool at_end() const { return at_end_; }
  void stop_listening() { at_end_ = true; }  // it is not to be trusted any more

  void kill(std::string why);  // the first reason is kept
  bool was_killed() const { return !kill_reason_.empty(); }
  // How it ended, with the reason of kill() where there is one; nothing while it runs.
  std::optional<std::string> try_reap();

  Epoch epoch() const { return epoch_; }
  int socket() const { return channel_.fd(); }
  int pidfd() const { return process_.pidfd(); }
  int pid() const { return pid_; }

  // Kept by the event loop.
  enum class Phase {
    hello,
    loading,
    running,
    leaving
  };  // leaving: was told to drain, or said that it cannot load
  Phase phase = Phase::hello;
  std::uint64_t leased = 0;                   // sent to it and without an outcome
  std::int64_t exit_deadline_ns = INT64_MAX;  // killed if it is still there
  bool socket_watched = true;
  bool write_watched = false;

 private:
  WorkerLink(Process process, Channel channel, Epoch epoch)
      : process_(std::move(process)), channel_(std::move(channel)), epoch_(epoch), pid_(process_.pid()) {}

  Process process_;
  Channel channel_;
  Epoch epoch_;
  int pid_;
  std::deque<Message> outbox_;
  std::string kill_reason_;
  bool at_end_ = false;
};

}  // namespace segfleet
