// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tune/plan.h"

namespace segfleet {
namespace {

// YAML reads JSON's strings.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string list_text(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
  return "[" + list + "]";
}

std::string measured_text(const Measured& row) {
  std::string text =
      fmt::format("  - {{plan: {}, images_per_s: {:.3f}, trials: {}, peak_memory_bytes: {}",
                  quoted(describe(row.candidate)), row.images_per_s, row.trials, row.peak_memory_bytes);
  if (row.peak_device_memory_bytes > 0)
    text += fmt::format(", peak_device_memory_bytes: {}", row.peak_device_memory_bytes);
  if (row.agreement) text += fmt::format(", agreement_percent: {:.4f}", *row.agreement * 100);
  if (!row.problem.empty()) text += ", problem: " + quoted(row.problem);
  return text + "}\n";
}

}  // namespace

std::string plan_text(const Plan& plan) {
  const Candidate& chosen = plan.candidate;
  std::string text =
      "# Written by segfleet tune; segfleet run --plan takes it. docs/tuning.md explains the fields.\n"
      "segfleet_plan: 1\n";
  text +=
      fmt::format("segfleet_version: {}\ncreated: {}\n", quoted(plan.segfleet_version), quoted(plan.created));
  text += fmt::format(
      "plan:\n  engine: {}\n  precision: {}\n  devices: {}\n  workers_per_device: {}\n  lanes: {}\n"
      "  threads: {}\n  batch: {}\n  engine_options:",
      quoted(chosen.engine), name_of(chosen.precision), quoted(chosen.devices), chosen.workers_per_device,
      chosen.lanes, chosen.threads, chosen.batch);
  text += chosen.engine_options.empty() ? " {}\n" : "\n";
  for (const auto& [key, value] : chosen.engine_options)
    text += fmt::format("    {}: {}\n", quoted(key), quoted(value));
  text += fmt::format("model:\n  fingerprint: {}\n  folder: {}\n", quoted(plan.model_fingerprint),
                      quoted(plan.model_folder));
  text += fmt::format("machine:\n  cpu: {}\n  cores: {}\n  memory_bytes: {}\n  accelerators: {}\n",
                      quoted(plan.machine.cpu), quoted(plan.machine.cores), plan.machine.memory_bytes,
                      list_text(plan.machine.accelerators));
  if (!plan.limit.empty()) text += fmt::format("limit: {}\n", quoted(plan.limit));
  text += plan.measured.empty() ? "measured: []\n" : "measured:\n";
  for (const Measured& row : plan.measured) text += measured_text(row);
  return text;
}

}  // namespace segfleet
