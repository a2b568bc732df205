// SPDX-License-Identifier: Apache-2.0
#include "tune/candidate.h"

#include <fmt/format.h>

namespace segfleet {

std::string describe(const Candidate& candidate) {
  std::string text =
      fmt::format("{} {} {}", candidate.engine, name_of(candidate.precision), candidate.devices);
  if (candidate.workers_per_device != 1) text += fmt::format(" workers {}", candidate.workers_per_device);
  if (candidate.lanes != 0) text += fmt::format(" lanes {}", candidate.lanes);
  if (candidate.threads != 0) text += fmt::format(" threads {}", candidate.threads);
  return text + fmt::format(" batch {}", candidate.batch);
}

void apply(const Candidate& candidate, ComputeOptions& options) {
  options.engine = candidate.engine;
  options.precision = candidate.precision;
  options.devices = candidate.devices;
  options.workers_per_device = candidate.workers_per_device;
  options.lanes = candidate.lanes;
  options.threads = candidate.threads;
  options.batch = candidate.batch;
  options.engine_options = candidate.engine_options;
}

}  // namespace segfleet
