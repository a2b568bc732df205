// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tune/plan.h"

namespace segfleet {
namespace {

std::string batch_word(int batch) {
  return batch == kAutoBatch ? "auto" : std::to_string(batch);
}

}  // namespace

Status check_plan(const Plan& plan, const std::filesystem::path& path, const Machine& here,
                  const std::string& model_fingerprint) {
  std::vector<std::string> found = differences(plan.machine, here);
  if (plan.model_fingerprint != model_fingerprint)
    found.insert(found.begin(), fmt::format("another model (it was made for {}, fingerprint {}, not {})",
                                            plan.model_folder, plan.model_fingerprint, model_fingerprint));
  if (found.empty()) return {};
  return Error{ErrorCode::invalid_argument,
               fmt::format("--plan {} is not for this job: {}; run segfleet tune for it, or leave --plan out",
                           path.native(), fmt::join(found, "; "))};
}

std::vector<std::string> use_plan(const Plan& plan, const std::filesystem::path& path,
                                  const std::set<std::string>& given, ComputeOptions& options) {
  Candidate chosen = plan.candidate;
  std::vector<std::string> notes;
  const auto keep = [&](const char* option, const auto& planned, const auto& said) {
    if (!given.contains(option)) return false;
    if (planned != said)
      notes.push_back(fmt::format("--{} {} was given: the plan's {} is not used", option, said, planned));
    return true;
  };
  if (keep("engine", chosen.engine, options.engine)) {
    if (chosen.engine != options.engine) chosen.engine_options.clear();
    chosen.engine = options.engine;
  }
  if (keep("precision", std::string(name_of(chosen.precision)), std::string(name_of(options.precision))))
    chosen.precision = options.precision;
  if (keep("devices", chosen.devices, options.devices)) chosen.devices = options.devices;
  if (keep("workers-per-device", chosen.workers_per_device, options.workers_per_device))
    chosen.workers_per_device = options.workers_per_device;
  if (keep("lanes", chosen.lanes, options.lanes)) chosen.lanes = options.lanes;
  if (keep("threads", chosen.threads, options.threads)) chosen.threads = options.threads;
  if (keep("batch", batch_word(chosen.batch), batch_word(options.batch))) chosen.batch = options.batch;
  for (const auto& [key, value] : options.engine_options) {
    const auto planned = chosen.engine_options.find(key);
    if (planned != chosen.engine_options.end() && planned->second != value)
      notes.push_back(fmt::format("--engine-option {}={} was given: the plan's {} is not used", key, value,
                                  planned->second));
    chosen.engine_options[key] = value;
  }
  apply(chosen, options);
  notes.insert(notes.begin(),
               fmt::format("plan {} of {}: {}", path.native(), plan.created, describe(chosen)));
  return notes;
}

}  // namespace segfleet
