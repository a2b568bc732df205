// SPDX-License-Identifier: Apache-2.0
// Sends Stats about every 250 ms from a thread of its own, so that a slow or stuck engine does not silence
// the worker; each time the pipeline follows what it has measured. Thread-safety: made and destroyed on one
// thread.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "worker/pipeline.h"
#include "worker/reporter.h"

namespace segfleet {

class StatsSender {
 public:
  // Both must outlive it. Its destructor sends the last Stats.
  StatsSender(Pipeline& pipeline, Reporter& reporter);
  ~StatsSender();
  StatsSender(const StatsSender&) = delete;
  StatsSender& operator=(const StatsSender&) = delete;

 private:
  void run(const std::stop_token& stop);
  void send();

  Pipeline& pipeline_;
  Reporter& reporter_;
  const Stopwatch since_ready_;
  std::mutex mutex_;  // only for the wait below: nothing is shared
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace segfleet
