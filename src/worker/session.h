// SPDX-License-Identifier: Apache-2.0
// One conversation with the coordinator. One thread only listens, so that end-of-file is seen at once
// whatever the engine does; another loads the model and runs the pipeline.
// Thread-safety: run() once, on one thread.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "imaging/nvjpeg/nvjpeg.h"
#include "segfleet/engine.h"
#include "segfleet/error.h"
#include "transport/channel.h"
#include "transport/shared_memory.h"
#include "worker/pipeline.h"
#include "worker/reporter.h"
#include "worker/worker_main.h"

namespace segfleet {

struct SessionHooks {
  OpenEngine open_engine;
  // The arena, where the setup says that results stay in memory.
  std::function<Result<SharedMemory>()> map_arena;
  // Where the setup says that cards decode.
  std::function<Result<std::unique_ptr<Nvjpeg>>()> open_nvjpeg;
  // Ends the process at once, though threads are inside the engine. Where it returns, as in tests, the
  // session finishes what is leased and run() gives the same status.
  std::function<void(int status)> leave;
};

class Session {
 public:
  Session(UniqueFd socket, SessionHooks hooks);

  // The process's exit status, as run_worker() gives it.
  int run();

 private:
  int listen();
  Status handle(const Message& message);
  Status handle_setup(const Setup& setup);
  Status handle_lease(const Lease& lease);
  int lose(const Error& error);  // the peer broke the protocol

  void run_job();
  Status load_and_serve();

  SessionHooks hooks_;
  Channel channel_;
  Reporter reporter_;
  Inbox inbox_;  // without a limit: a blocked listener would not see end-of-file
  Setup setup_;  // constant once job_ runs
  bool draining_ = false;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> job_ended_ = false;
  std::atomic<int> job_status_ = 0;
  std::thread job_;
};

}  // namespace segfleet
