// SPDX-License-Identifier: Apache-2.0
// plan.yaml: how to compute a model's jobs on a machine, and how that was found. docs/tuning.md has every
// field. Thread-safety: plain data, free functions.
#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "tune/candidate.h"
#include "tune/machine.h"

namespace segfleet {

// One row of the table.
struct Measured {
  Candidate candidate;
  double images_per_s = 0;  // end to end, after loading
  int trials = 0;
  std::uint64_t peak_memory_bytes = 0;         // of the host, all workers together
  std::uint64_t peak_device_memory_bytes = 0;  // of cards and the like, all together; 0: not measured
  std::optional<double> agreement;  // share of pixels with the fp32 plan's label; nothing: not compared
  std::string problem;              // why it cannot be recommended; empty: it can
};

struct Plan {
  Candidate candidate;
  Machine machine;
  std::string model_fingerprint;
  std::string model_folder;      // where the model was; only told
  std::string segfleet_version;  // that wrote it
  std::string created;           // UTC
  std::string limit;             // what limits the speed, in words
  std::vector<Measured> measured;
};

// The text of a plan.yaml. Bytes that are no UTF-8 become U+FFFD.
std::string plan_text(const Plan& plan);

// Reads it back, `measured` left out. Errors: invalid_argument, naming file, line and key: no plan, a key
// that is not known or missing, a value out of range; not_found, permission_denied, input_too_large and so
// on.
Result<Plan> read_plan(const std::filesystem::path& path);

// Errors: invalid_argument, naming everything that differs.
Status check_plan(const Plan& plan, const std::filesystem::path& path, const Machine& here,
                  const std::string& model_fingerprint);

// Puts the plan into `options`, but for the options in `given` ("batch", "workers-per-device", ...), which
// were said explicitly. Gives what is to be told: which plan is in use, and what of it is not.
std::vector<std::string> use_plan(const Plan& plan, const std::filesystem::path& path,
                                  const std::set<std::string>& given, ComputeOptions& options);

}  // namespace segfleet
