// SPDX-License-Identifier: Apache-2.0
#include "fleet/output/identity.h"

#include <fmt/format.h>

#include <set>

#include "io/sink/output_layout.h"

namespace segfleet {
namespace {

std::string value_in(const JobIdentity& identity, const std::string& option) {
  const auto found = identity.find(option);
  return found == identity.end() ? "not set" : found->second;
}

}  // namespace

JobIdentity identity_of(const RunOptions& options, const ModelPackage& model, const std::string& engine) {
  JobIdentity identity{{"model", model.fingerprint},
                       {"size", options.output_size == OutputSize::original ? "original" : "network"},
                       {"precision", options.precision == Precision::fp32 ? "fp32" : "bf16"},
                       {"engine", engine},
                       {"sticky-resize-by-short", options.sticky_resize_by_short ? "yes" : "no"}};
  // Which of them leave the pixels alone only the engine knows.
  for (const auto& [key, value] : options.engine_options) identity["engine-option " + key] = value;
  // Only where they are used: folders made before these options existed go on being valid.
  if (options.layout != Layout::segfleet) identity["layout"] = name_of(options.layout);
  if (options.fast_decode) identity["fast-decode"] = "yes";
  if (options.decode == Decoder::nvjpeg) identity["decode"] = "nvjpeg";
  if (options.argmax_first) identity["paddleseg-version"] = "2.1";
  if (options.restore == RestoreFrom::logits) identity["restore"] = "logits";
  if (options.threshold) identity["threshold"] = fmt::format("{}", *options.threshold);
  if (options.multi_label) identity["multi-label"] = "yes";
  if (options.min_confidence > 0) {
    identity["min-confidence"] = fmt::format("{}", options.min_confidence);
    identity["unknown-class"] = fmt::format("{}", options.unknown_class);
  }
  return identity;
}

Layout layout_of(const JobIdentity& identity) {
  const auto found = identity.find("layout");
  if (found == identity.end()) return Layout::segfleet;
  return layout_from_name(found->second).value_or(Layout::segfleet);
}

Status check_identity(const JobIdentity& earlier, const JobIdentity& now,
                      const std::filesystem::path& output) {
  std::set<std::string> options;
  for (const auto& [option, value] : earlier) options.insert(option);
  for (const auto& [option, value] : now) options.insert(option);
  std::string differences;
  for (const std::string& option : options) {
    const std::string before = value_in(earlier, option);
    const std::string after = value_in(now, option);
    if (before == after) continue;
    differences +=
        fmt::format("{}--{} was {} and is now {}", differences.empty() ? "" : ", ", option, before, after);
  }
  if (differences.empty()) return {};
  return Error{
      ErrorCode::resume_mismatch,
      fmt::format("output folder {} holds results of another job: {}; use --restart to compute everything "
                  "again, or choose another --output",
                  output.native(), differences)};
}

}  // namespace segfleet
