// SPDX-License-Identifier: Apache-2.0
#include "model/deploy_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/read_paddlex_transforms.h"
#include "model/read_transforms.h"
#include "model/yaml_fields.h"
#include "model/yaml_tree.h"

namespace segfleet {
namespace {

constexpr NumberRange kExtent{1, 1e6};
constexpr std::array<std::string_view, 4> kOutputTypes{"int32", "int64", "uint8", "float32"};

bool looks_like_text(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
  });
}

// An extent that the export left open: null, or in hand-made files None or -1.
bool is_open_extent(const YamlNode& node) {
  return node.kind == YamlNode::Kind::null || node.scalar == "None" || node.scalar == "-1";
}

Result<Shape> read_input_shape(const YamlFields& deploy) {
  Shape shape;
  const YamlNode* list = deploy.find("input_shape");
  if (list == nullptr) return shape;
  if (list->kind != YamlNode::Kind::sequence || list->items.size() != 4)
    return deploy.invalid("input_shape", "must be a list of 4 extents: batch, channels, height, width");
  for (const auto& item : list->items) {
    if (is_open_extent(*item)) {
      shape.push_back(-1);
      continue;
    }
    YamlNode holder;
    holder.line = item->line;
    holder.kind = YamlNode::Kind::mapping;
    holder.entries.emplace_back("input_shape", item);
    const auto extent = YamlFields(holder, "Deploy").integer("input_shape", 0, kExtent);
    if (!extent.ok()) return extent.error();
    shape.push_back(*extent);
  }
  if (shape[1] != -1 && shape[1] != 3)
    return deploy.unsupported("input_shape", fmt::format("has {} channels; segfleet feeds 3", shape[1]));
  return shape;
}

Result<OutputOp> read_output_op(const YamlFields& deploy, std::vector<std::string>& warnings) {
  if (deploy.find("output_op") == nullptr) {
    warnings.emplace_back(
        "Deploy has no output_op, as PaddleSeg 2.1 to 2.6 write it: the graph's own output decides, labels "
        "where it "
        "has no class axis, the argmax of its scores where it has one");
    return OutputOp::argmax;
  }
  const auto name = deploy.text("output_op", "");
  if (!name.ok()) return name.error();
  for (const OutputOp op : {OutputOp::argmax, OutputOp::softmax, OutputOp::none})
    if (*name == name_of(op)) return op;
  return deploy.invalid("output_op", fmt::format("is '{}', but it must be argmax, softmax or none", *name));
}

Result<std::string> read_output_dtype(const YamlFields& deploy, OutputOp op) {
  auto type = deploy.text("output_dtype", op == OutputOp::argmax ? "int32" : "float32");
  if (type.ok() && std::find(kOutputTypes.begin(), kOutputTypes.end(), *type) == kOutputTypes.end())
    return deploy.invalid("output_dtype", fmt::format("is '{}', but it must be one of {}", *type,
                                                      fmt::join(kOutputTypes, ", ")));
  return type;
}

void warn_of_unknown(const YamlFields& fields, std::string_view place,
                     std::initializer_list<std::string_view> known, std::vector<std::string>& warnings) {
  for (const std::string& key : fields.unknown_keys(known))
    warnings.push_back(fmt::format("the key {}{} is unknown and has no effect", place, key));
}

// PaddleX's post-processing takes label maps: it stops at anything else.
void warn_of_scores(OutputOp op, std::vector<std::string>& warnings) {
  if (op == OutputOp::argmax) return;
  warnings.push_back(fmt::format(
      "output_op is {}, which PaddleX itself cannot restore; segfleet restores it as PaddleSeg does",
      name_of(op)));
}

Result<DeployConfig> read_deploy(const YamlNode& node, bool paddlex) {
  const YamlFields deploy(node, "Deploy");
  DeployConfig config;
  config.paddlex = paddlex;
  warn_of_unknown(deploy, "Deploy.",
                  {"model", "params", "transforms", "input_shape", "output_op", "output_dtype"},
                  config.warnings);
  if (!paddlex) SEGFLEET_RETURN_IF_ERROR(deploy.require("model"));
  auto model = deploy.text("model", "");
  if (!model.ok()) return model.error();
  auto params = deploy.text("params", "");
  if (!params.ok()) return params.error();
  auto shape = read_input_shape(deploy);
  if (!shape.ok()) return shape.error();
  const YamlNode* list = deploy.find("transforms");
  auto transforms = paddlex ? read_paddlex_transforms(list) : read_transforms(list);
  if (!transforms.ok()) return transforms.error();
  const auto op = read_output_op(deploy, config.warnings);
  if (!op.ok()) return op.error();
  auto type = read_output_dtype(deploy, *op);
  if (!type.ok()) return type.error();
  if (paddlex) {
    warn_of_scores(*op, config.warnings);
  } else {
    config.model = *std::move(model);
    config.params = *std::move(params);
  }
  config.input_shape = *std::move(shape);
  config.transforms = *std::move(transforms);
  config.output_op = *op;
  config.output_op_said = deploy.find("output_op") != nullptr;
  config.output_dtype = *std::move(type);
  return config;
}

Error no_deploy_section(const YamlNode& root) {
  if (root.find("PreProcess") != nullptr)
    return Error{
        ErrorCode::model_unsupported,
        "there is a PreProcess but no Deploy section, as in PaddleX packages of other tasks; segfleet "
        "runs semantic segmentation"};
  return Error{ErrorCode::model_invalid,
               "there is no Deploy section: this is not what PaddleSeg's or PaddleX's export writes"};
}

// Global.model_name, which PaddleX needs and PaddleSeg by itself does not write; empty where it is not there.
Result<std::string> paddlex_model_name(const YamlNode& root) {
  const YamlNode* global = root.find("Global");
  if (global == nullptr || global->kind != YamlNode::Kind::mapping) return std::string();
  return YamlFields(*global, "Global").text("model_name", "");
}

}  // namespace

Result<DeployConfig> read_deploy_config(const std::string& text, ConfigFile file) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return Error{ErrorCode::model_invalid, "the file is empty"};
  if (!looks_like_text(text)) return Error{ErrorCode::model_invalid, "the file is binary, not YAML"};
  const auto tree = parse_yaml(text);
  if (!tree.ok()) return tree.error();
  const YamlNode& root = **tree;
  const YamlNode* deploy = root.find("Deploy");
  if (deploy == nullptr || deploy->kind != YamlNode::Kind::mapping) return no_deploy_section(root);
  const auto name = file == ConfigFile::inference_yml ? paddlex_model_name(root) : std::string();
  if (!name.ok()) return name.error();
  if (*name == "STFPM")
    return Error{ErrorCode::model_unsupported,
                 "Global: model_name is STFPM, PaddleX's anomaly detection, whose output is no label map"};
  auto config = read_deploy(*deploy, !name->empty());
  if (!config.ok()) return config.error();
  warn_of_unknown(YamlFields(root, "top level"), "", {"Deploy", "Global", "Hpi"}, config->warnings);
  return config;
}

}  // namespace segfleet
