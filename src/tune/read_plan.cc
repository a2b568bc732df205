// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/file.h"
#include "model/yaml_fields.h"
#include "tune/plan.h"

namespace segfleet {
namespace {

constexpr std::uint64_t kMostBytes = 1 << 20;
constexpr int kVersion = 1;
constexpr double kMostMemoryBytes = 0x1p60;

using Keys = std::initializer_list<std::string_view>;

// A mapping below the plan's root, with no key but those.
Result<const YamlNode*> section(const YamlFields& parent, std::string_view key, Keys known) {
  SEGFLEET_RETURN_IF_ERROR(parent.require(key));
  const YamlNode* node = parent.find(key);
  if (node->kind != YamlNode::Kind::mapping) return parent.invalid(key, "must be a mapping");
  const YamlFields fields(*node, std::string(key));
  for (const std::string& unknown : fields.unknown_keys(known))
    return fields.invalid(unknown, "is no key of a plan that this segfleet knows");
  return node;
}

Result<int> whole(const YamlFields& fields, std::string_view key, double least, double most) {
  SEGFLEET_RETURN_IF_ERROR(fields.require(key));
  return fields.integer(key, 0, {least, most});
}

Result<std::string> text(const YamlFields& fields, std::string_view key) {
  SEGFLEET_RETURN_IF_ERROR(fields.require(key));
  return fields.text(key, "");
}

// Each line takes one value or returns its error.
#define SEGFLEET_TAKE(target, expression)         \
  do {                                            \
    auto segfleet_value = (expression);           \
    SEGFLEET_RETURN_IF_ERROR(segfleet_value);     \
    (target) = std::move(segfleet_value).value(); \
  } while (false)

Status read_engine_options(const YamlFields& fields, Candidate& candidate) {
  const YamlNode* node = fields.find("engine_options");
  if (node == nullptr) return {};
  if (node->kind != YamlNode::Kind::mapping) return fields.invalid("engine_options", "must be a mapping");
  const YamlFields options(*node, "engine_options");
  for (const auto& [key, value] : node->entries)
    SEGFLEET_TAKE(candidate.engine_options[key], text(options, key));
  return {};
}

Status read_candidate(const YamlNode& node, Candidate& candidate) {
  const YamlFields fields(node, "plan");
  std::string precision;
  SEGFLEET_TAKE(candidate.engine, text(fields, "engine"));
  SEGFLEET_TAKE(precision, text(fields, "precision"));
  SEGFLEET_TAKE(candidate.devices, text(fields, "devices"));
  SEGFLEET_TAKE(candidate.workers_per_device, whole(fields, "workers_per_device", 1, 64));
  SEGFLEET_TAKE(candidate.lanes, whole(fields, "lanes", 0, 64));
  SEGFLEET_TAKE(candidate.threads, whole(fields, "threads", 0, 1024));
  SEGFLEET_TAKE(candidate.batch, whole(fields, "batch", 1, 1024));
  if (precision == name_of(Precision::bf16))
    candidate.precision = Precision::bf16;
  else if (precision != name_of(Precision::fp32))
    return fields.invalid("precision", "must be fp32 or bf16");
  return read_engine_options(fields, candidate);
}

Status read_machine(const YamlNode& node, Machine& machine) {
  const YamlFields fields(node, "machine");
  SEGFLEET_TAKE(machine.cpu, text(fields, "cpu"));
  SEGFLEET_TAKE(machine.cores, text(fields, "cores"));
  double memory = 0;
  SEGFLEET_RETURN_IF_ERROR(fields.require("memory_bytes"));
  SEGFLEET_TAKE(memory, fields.number("memory_bytes", 0, {0, kMostMemoryBytes}));
  machine.memory_bytes = static_cast<std::uint64_t>(memory);
  const YamlNode* accelerators = fields.find("accelerators");
  if (accelerators == nullptr) return {};
  if (accelerators->kind != YamlNode::Kind::sequence) return fields.invalid("accelerators", "must be a list");
  for (const YamlNode::Pointer& name : accelerators->items) machine.accelerators.push_back(name->scalar);
  return {};
}

Status read_sections(const YamlFields& root, Plan& plan) {
  int version = 0;
  SEGFLEET_TAKE(version, whole(root, "segfleet_plan", 1, 1e9));
  if (version != kVersion)
    return root.invalid("segfleet_plan", fmt::format("is {}: this segfleet reads {}", version, kVersion));
  for (const std::string& unknown : root.unknown_keys(
           {"segfleet_plan", "segfleet_version", "created", "plan", "model", "machine", "limit", "measured"}))
    return root.invalid(unknown, "is no key of a plan that this segfleet knows");
  SEGFLEET_TAKE(plan.segfleet_version, root.text("segfleet_version", ""));
  SEGFLEET_TAKE(plan.created, root.text("created", ""));
  SEGFLEET_TAKE(plan.limit, root.text("limit", ""));
  const auto chosen = section(root, "plan",
                              {"engine", "precision", "devices", "workers_per_device", "lanes", "threads",
                               "batch", "engine_options"});
  SEGFLEET_RETURN_IF_ERROR(chosen);
  SEGFLEET_RETURN_IF_ERROR(read_candidate(**chosen, plan.candidate));
  const auto machine = section(root, "machine", {"cpu", "cores", "memory_bytes", "accelerators"});
  SEGFLEET_RETURN_IF_ERROR(machine);
  SEGFLEET_RETURN_IF_ERROR(read_machine(**machine, plan.machine));
  const auto model = section(root, "model", {"fingerprint", "folder"});
  SEGFLEET_RETURN_IF_ERROR(model);
  const YamlFields fields(**model, "model");
  SEGFLEET_TAKE(plan.model_fingerprint, text(fields, "fingerprint"));
  SEGFLEET_TAKE(plan.model_folder, fields.text("folder", ""));
  return {};
}

#undef SEGFLEET_TAKE

Status read_text(const std::string& yaml, Plan& plan) {
  const Result<YamlNode::Pointer> tree = parse_yaml(yaml);
  SEGFLEET_RETURN_IF_ERROR(tree);
  if ((*tree)->kind != YamlNode::Kind::mapping || (*tree)->find("segfleet_plan") == nullptr)
    return Error{ErrorCode::invalid_argument, "it is no plan: there is no key segfleet_plan"};
  return read_sections(YamlFields(**tree, "plan.yaml"), plan);
}

}  // namespace

Result<Plan> read_plan(const std::filesystem::path& path) {
  const Result<std::string> yaml = read_text_file(path, kMostBytes);
  if (!yaml.ok())
    return Error{
        yaml.error().code == ErrorCode::input_too_large ? ErrorCode::invalid_argument : yaml.error().code,
        fmt::format("--plan {}: {}", path.native(), yaml.error().message)};
  Plan plan;
  if (const Status status = read_text(*yaml, plan); !status.ok())
    return Error{ErrorCode::invalid_argument, fmt::format("--plan {}: {}; make it anew with segfleet tune",
                                                          path.native(), status.error().message)};
  return plan;
}

}  // namespace segfleet
