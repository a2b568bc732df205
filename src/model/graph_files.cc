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

// Paddle 3 writes model.json although deploy.yaml says model.pdmodel.
Error pir_is_unsupported(const fs::path& folder, const fs::path& graph) {
  const fs::path json = with_extension(graph, ".json");
  const fs::path onnx = with_extension(graph, ".onnx");
  std::string mend;
  if (is_file(folder / "deploy_onnx.yaml"))
    mend =
        fmt::format("{} lies beside it: give that file as the model", (folder / "deploy_onnx.yaml").native());
  else if (is_file(onnx))
    mend = fmt::format("{} lies beside it: write `model: {}` into the yaml", onnx.native(),
                       onnx.filename().native());
  else
    mend = fmt::format(
        "convert it, `paddle2onnx --model_dir {} --model_filename {} --params_filename {} --save_file "
        "{}`, and write `model: {}` into the yaml",
        folder.native(), json.filename().native(), with_extension(graph, ".pdiparams").filename().native(),
        onnx.native(), onnx.filename().native());
  return Error{ErrorCode::model_unsupported,
               fmt::format("{} is a Paddle 3 (PIR) graph, which segfleet's engines do not read; {}",
                           json.native(), mend)};
}

std::vector<std::string> unused_params(const DeployConfig& config) {
  if (config.params.empty()) return {};
  return {fmt::format("params ({}) is not read: an ONNX file holds its own weights", config.params)};
}

}  // namespace

Result<GraphFiles> find_graph_files(const fs::path& folder, const DeployConfig& config,
                                    std::vector<std::string>& warnings) {
  GraphFiles files;
  files.graph = folder / config.model;
  const std::string extension = files.graph.extension().native();
  if (extension == ".json" && !is_file(files.graph) && is_file(with_extension(files.graph, ".pdmodel")))
    return Error{
        ErrorCode::model_invalid,
        fmt::format("the graph {} is missing, but {} lies beside it: write `model: {}` into the yaml",
                    files.graph.native(), with_extension(files.graph, ".pdmodel").filename().native(),
                    with_extension(fs::path(config.model), ".pdmodel").native())};
  if (extension == ".json") SEGFLEET_RETURN_IF_ERROR(check_file(files.graph, "graph"));
  if (extension == ".json" ||
      (extension == ".pdmodel" && !is_file(files.graph) && is_file(with_extension(files.graph, ".json"))))
    return pir_is_unsupported(folder, files.graph);
  if (extension == ".onnx") {
    files.format = GraphFormat::onnx;
    for (std::string& warning : unused_params(config)) warnings.push_back(std::move(warning));
  } else if (extension == ".xml" || extension == ".pdmodel") {
    files.format = extension == ".xml" ? GraphFormat::openvino : GraphFormat::paddle;
    const char* usual = files.format == GraphFormat::openvino ? ".bin" : ".pdiparams";
    files.weights = config.params.empty() ? with_extension(files.graph, usual) : folder / config.params;
  } else {
    return Error{
        ErrorCode::model_unsupported,
        fmt::format("Deploy: model is '{}'; segfleet reads .onnx, OpenVINO's .xml and Paddle's .pdmodel",
                    config.model)};
  }
  SEGFLEET_RETURN_IF_ERROR(check_file(files.graph, "graph"));
  if (!files.weights.empty()) SEGFLEET_RETURN_IF_ERROR(check_file(files.weights, "weights file"));
  return files;
}

}  // namespace segfleet
