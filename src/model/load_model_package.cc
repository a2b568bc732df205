// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "model/deploy_config.h"
#include "model/graph_files.h"
#include "segfleet/model.h"

namespace segfleet {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxYamlBytes = 1 << 20;
constexpr std::uint64_t kMaxClassesBytes = 1 << 20;
constexpr int kFingerprintVersion = 1;
constexpr const char* kInferenceYml = "inference.yml";

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

Error in_file(const fs::path& path, const Error& error) {
  return Error{error.code, fmt::format("{}: {}", path.native(), error.message)};
}

// The yaml file of a folder: deploy.yaml, else inference.yml, else the only one there.
Result<fs::path> find_yaml(const fs::path& folder) {
  for (const char* name : {"deploy.yaml", kInferenceYml})
    if (fs::exists(folder / name)) return folder / name;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (is_yaml(entry.path())) names.push_back(entry.path().filename().native());
  std::sort(names.begin(), names.end());
  if (names.empty())
    return Error{ErrorCode::not_found,
                 fmt::format("no deploy.yaml and no inference.yml in {}: give the folder that PaddleSeg's or "
                             "PaddleX's export wrote",
                             folder.native())};
  if (names.size() > 1)
    return Error{ErrorCode::model_invalid,
                 fmt::format("{} has no deploy.yaml but several others ({}): give one of them",
                             folder.native(), fmt::join(names, ", "))};
  return folder / names.front();
}

Result<fs::path> find_config(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    return Error{ErrorCode::not_found, fmt::format("the model {} does not exist", path.native())};
  auto config = fs::is_directory(status) ? find_yaml(path) : Result<fs::path>(path);
  if (config.ok() && !is_yaml(*config))
    return Error{
        ErrorCode::model_invalid,
        fmt::format("{} is no yaml file: give the model's folder or its deploy.yaml", path.native())};
  return config;
}

Result<std::vector<std::string>> read_class_names(const fs::path& path) {
  std::vector<std::string> names;
  if (!fs::exists(path)) return names;
  const auto text = read_text_file(path, kMaxClassesBytes);
  if (!text.ok()) return Error{ErrorCode::model_invalid, text.error().message};
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    std::string name = text->substr(begin, end - begin);
    if (name.ends_with('\r')) name.pop_back();
    names.push_back(std::move(name));
    begin = end + 1;
  }
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

// Everything that decides pixels, so that a resumed run can tell whether the model is still the same one.
std::string canonical_config(const ModelPackage& package) {
  std::string text =
      fmt::format("segfleet {}\n{}\n{}\n{}\n", kFingerprintVersion, static_cast<int>(package.format),
                  to_string(package.input_shape), name_of(package.output_op));
  for (const Transform& transform : package.transforms) text += describe(transform) + "\n";
  return text;
}

Result<std::string> fingerprint(const ModelPackage& package) {
  Hasher hasher;
  const std::string config = canonical_config(package);
  hasher.update(config);
  for (const fs::path& path : {package.graph_path, package.weights_path}) {
    if (path.empty()) continue;
    hasher.update(fmt::format("\n{}\n", fs::file_size(path)));
    SEGFLEET_RETURN_IF_ERROR(hasher.update_from_file(path));
  }
  return hasher.hex_digest();
}

// PaddleX looks for inference.json, then for inference.pdmodel, whatever the yaml says.
void name_paddlex_files(const fs::path& folder, DeployConfig& config) {
  config.model = "inference.pdmodel";
  for (const char* name : {"inference.json", "inference.pdmodel", "inference.onnx"}) {
    std::error_code ignored;
    if (!fs::exists(folder / name, ignored)) continue;
    config.model = name;
    return;
  }
}

Result<ModelPackage> load(const fs::path& path) {
  const auto config_path = find_config(path);
  if (!config_path.ok()) return config_path.error();
  const auto text = read_text_file(*config_path, kMaxYamlBytes);
  if (!text.ok()) return Error{ErrorCode::model_invalid, text.error().message};
  const bool inference_yml = config_path->filename() == kInferenceYml;
  auto config =
      read_deploy_config(*text, inference_yml ? ConfigFile::inference_yml : ConfigFile::deploy_yaml);
  if (!config.ok()) return in_file(*config_path, config.error());

  ModelPackage package;
  package.config_path = *config_path;
  package.folder = config_path->parent_path();
  for (const std::string& warning : config->warnings)
    package.warnings.push_back(fmt::format("{}: {}", config_path->native(), warning));
  if (config->paddlex) name_paddlex_files(package.folder, *config);
  auto files = find_graph_files(package.folder, *config, package.warnings);
  if (!files.ok()) return in_file(*config_path, files.error());
  package.graph_path = std::move(files->graph);
  package.weights_path = std::move(files->weights);
  package.format = files->format;
  package.pir = files->pir;
  package.paddlex = config->paddlex;
  package.input_shape = config->input_shape;
  package.transforms = std::move(config->transforms);
  package.output_op = config->output_op;
  package.output_op_said = config->output_op_said;
  package.output_dtype = std::move(config->output_dtype);
  auto names = read_class_names(package.folder / "classes.txt");
  if (!names.ok()) return names.error();
  package.class_names = *std::move(names);
  auto digest = fingerprint(package);
  if (!digest.ok()) return digest.error();
  package.fingerprint = *std::move(digest);
  return package;
}

}  // namespace

Result<ModelPackage> load_model_package(const fs::path& path) {
  try {
    return load(path);
  } catch (const fs::filesystem_error& error) {
    return Error{ErrorCode::model_invalid, fmt::format("{}: {}", path.native(), error.code().message())};
  }
}

}  // namespace segfleet
