// SPDX-License-Identifier: Apache-2.0
#include "model/graph_files.h"

#include <fmt/format.h>

namespace segfleet {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Status check_file(const fs::path& path, std::string_view what) {
  std::error_code error;
  if (!is_file(path))
    return Error{
        ErrorCode::model_invalid,
        fmt::format("the {} {} is missing: copy it there, or correct the name", what, path.native())};
  const auto bytes = fs::file_size(path, error);
  if (error || bytes == 0)
    return Error{ErrorCode::model_invalid,
                 fmt::format("the {} {} is empty: export or copy the model again", what, path.native())};
  return {};
}

fs::path with_extension(fs::path path, const char* extension) {
  return path.replace_extension(extension);
}

std::vector<std::string> unused_params(const DeployConfig& config) {
  if (config.params.empty()) return {};
  return {fmt::format("params ({}) is not read: an ONNX file holds its own weights", config.params)};
}

// Paddle 3 writes model.json, and PaddleSeg's export names model.pdmodel all the same.
fs::path paddle_graph(const fs::path& named) {
  const fs::path json = with_extension(named, ".json");
  return !is_file(named) && is_file(json) ? json : named;
}

Status check_json_name(const fs::path& graph, const DeployConfig& config) {
  const fs::path legacy = with_extension(graph, ".pdmodel");
  if (is_file(graph) || !is_file(legacy)) return {};
  return Error{ErrorCode::model_invalid,
               fmt::format("the graph {} is missing, but {} lies beside it: write `model: {}` into the yaml",
                           graph.native(), legacy.filename().native(),
                           with_extension(fs::path(config.model), ".pdmodel").native())};
}

}  // namespace

Result<GraphFiles> find_graph_files(const fs::path& folder, const DeployConfig& config,
                                    std::vector<std::string>& warnings) {
  GraphFiles files;
  files.graph = folder / config.model;
  const std::string extension = files.graph.extension().native();
  if (extension == ".onnx") {
    files.format = GraphFormat::onnx;
    for (std::string& warning : unused_params(config)) warnings.push_back(std::move(warning));
  } else if (extension == ".xml") {
    files.format = GraphFormat::openvino;
  } else if (extension == ".pdmodel" || extension == ".json") {
    files.format = GraphFormat::paddle;
    if (extension == ".json") SEGFLEET_RETURN_IF_ERROR(check_json_name(files.graph, config));
    if (extension == ".pdmodel") files.graph = paddle_graph(files.graph);
    files.pir = files.graph.extension() == ".json";
  } else {
    return Error{ErrorCode::model_unsupported,
                 fmt::format("Deploy: model is '{}'; segfleet reads .onnx, OpenVINO's .xml and Paddle's "
                             ".pdmodel and .json",
                             config.model)};
  }
  if (files.format != GraphFormat::onnx) {
    const char* usual = files.format == GraphFormat::openvino ? ".bin" : ".pdiparams";
    files.weights = config.params.empty() ? with_extension(files.graph, usual) : folder / config.params;
  }
  SEGFLEET_RETURN_IF_ERROR(check_file(files.graph, "graph"));
  if (!files.weights.empty()) SEGFLEET_RETURN_IF_ERROR(check_file(files.weights, "weights file"));
  return files;
}

}  // namespace segfleet
