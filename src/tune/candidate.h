// SPDX-License-Identifier: Apache-2.0
// One way to compute a job: what a plan says, and what a trial tries. Thread-safety: plain data.
#pragma once
#include <map>
#include <string>

#include "segfleet/options.h"

namespace segfleet {

struct Candidate {
  std::string engine;
  Precision precision = Precision::fp32;
  std::string devices;  // as --devices
  int workers_per_device = 1;
  int lanes = 0;    // 0: as ComputeOptions
  int threads = 0;  // 0: as ComputeOptions
  int batch = 1;
  std::map<std::string, std::string> engine_options{};

  bool operator==(const Candidate&) const = default;
};

// "openvino fp32 cpu:0,cpu:1 batch 2": what differs from the defaults is named.
std::string describe(const Candidate& candidate);

void apply(const Candidate& candidate, ComputeOptions& options);

}  // namespace segfleet
