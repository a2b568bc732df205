// SPDX-License-Identifier: Apache-2.0
// Ledgers and source lists for tests.
#pragma once
#include <fstream>
#include <string>

#include "fleet/ledger/ledger.h"

namespace segfleet {

inline SourceItem source(const std::string& name, std::uint64_t size = 100, std::int64_t mtime = 5) {
  return {"pictures/" + name + ".jpg", name, size, mtime};
}

inline RecordedOutcome done_outcome(ItemId id, std::uint64_t mask_bytes) {
  RecordedOutcome recorded;
  recorded.outcome.id = id;
  recorded.outcome.done = true;
  recorded.outcome.picture = {640, 480};
  recorded.outcome.input_bytes = 100;
  recorded.outcome.mask_bytes = mask_bytes;
  recorded.outcome.mask_hash = std::string(32, 'a');
  recorded.outcome.stage_us = {1, 2, 3, 4, 5, 6, 7, 8};
  recorded.outcome.moments_us = {10, 20, 30, 40, 50, 60};
  recorded.worker = 2;
  recorded.outcome.class_pixels = {{0, 300000}, {3, 7200}};
  recorded.device = "cpu:0";
  recorded.worker_pid = 4321;
  return recorded;
}

inline RecordedOutcome failed_outcome(ItemId id) {
  RecordedOutcome recorded;
  recorded.outcome.id = id;
  recorded.outcome.error = {ErrorCode::input_truncated, "ends too early"};
  recorded.outcome.failed_stage = Stage::decode;
  recorded.device = "cpu:0";
  recorded.attempts = 2;
  return recorded;
}

inline WorkerRecord worker_record(std::int64_t number, int pid) {
  WorkerRecord worker;
  worker.number = number;
  worker.device = "sim:0";
  worker.pid = pid;
  worker.helper_threads = 2;
  worker.started_us = 100;
  return worker;
}

// Of the second before at_us.
inline RunSample sample_at(std::int64_t at_us) {
  RunSample sample;
  sample.at_us = at_us;
  sample.span_us = 1'000'000;
  sample.device = "sim:0";
  return sample;
}

inline void write_file(const std::filesystem::path& path, std::size_t bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << std::string(bytes, 'x');
}

}  // namespace segfleet
