// SPDX-License-Identifier: Apache-2.0
#include "worker/stats_sender.h"

#include <chrono>

#include "base/process_usage.h"

namespace segfleet {
namespace {

constexpr std::chrono::milliseconds kInterval(250);
constexpr std::int64_t kNsPerUs = 1000;

}  // namespace

StatsSender::StatsSender(Pipeline& pipeline, Reporter& reporter)
    : pipeline_(pipeline), reporter_(reporter), thread_([this](const std::stop_token& stop) { run(stop); }) {}

StatsSender::~StatsSender() {
  thread_.request_stop();
  thread_.join();
  send();
}

void StatsSender::run(const std::stop_token& stop) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, kInterval, [] { return false; });
    if (stop.stop_requested()) break;
    pipeline_.follow_engine();
    send();
  }
}

void StatsSender::send() {
  Stats stats = pipeline_.stats();
  stats.wall_us = since_ready_.elapsed_ns() / kNsPerUs;
  stats.peak_rss_bytes = process_peak_rss_bytes();
  reporter_.send(stats);
}

}  // namespace segfleet
