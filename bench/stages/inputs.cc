// SPDX-License-Identifier: Apache-2.0
#include "inputs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "engine/registry.h"
#include "imaging/decode/decode.h"
#include "imaging/masks/restore.h"
#include "imaging/preprocess/preprocess.h"

namespace segfleet {
namespace {

template <typename T>
T value_of(Result<T> result) {
  if (!result.ok()) must(result.error());
  return std::move(*result);
}

std::vector<std::filesystem::path> first_files(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  paths.resize(std::min(paths.size(), kStagePictures));
  return paths;
}

// Of a batch of one, less the batch's extent.
void copy_part(const Tensor& output, Tensor& part) {
  Shape shape = output.shape();
  shape.erase(0);
  part.reset(output.type(), shape);
  std::memcpy(part.bytes(), output.bytes(), output.size_bytes());
}

LabelMap part_of(const std::vector<std::byte>& raw, std::size_t index, Size size) {
  LabelMap map{size, std::vector<std::uint8_t>(std::size_t(size.width) * std::size_t(size.height))};
  if ((index + 1) * map.labels.size() > raw.size())
    must(Error{ErrorCode::invalid_argument, "the file of labels is too short"});
  std::memcpy(map.labels.data(), raw.data() + index * map.labels.size(), map.labels.size());
  return map;
}

}  // namespace

void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "stages: %s\n", status.error().message.c_str());
  std::exit(1);
}

std::unique_ptr<Engine> load_engine(const StageInputs& inputs) {
  EngineOptions options;
  options.threads = 1;
  return value_of(value_of(open_engine_factory(inputs.engine))->load(inputs.model, options));
}

StageInputs make_inputs(const std::string& engine_name, const std::string& model, const std::string& pictures,
                        const std::string& scratch, const std::string& labels_file) {
  StageInputs inputs;
  inputs.engine = engine_name;
  inputs.model = value_of(load_model_package(model));
  inputs.scratch = scratch;
  inputs.paths = first_files(pictures);
  const auto engine = load_engine(inputs);
  Preprocessor preprocessor(inputs.model.transforms);
  std::vector<std::byte> raw_labels;
  if (!labels_file.empty()) must(read_file(labels_file, ~std::uint64_t{0}, raw_labels));
  const std::size_t count = inputs.paths.size();
  inputs.encoded.resize(count);
  inputs.pictures.resize(count);
  inputs.tensors.resize(count);
  inputs.traces.resize(count);
  inputs.outputs.resize(count);
  inputs.labels.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    must(read_file(inputs.paths[i], DecodeLimits{}.max_file_bytes, inputs.encoded[i]));
    must(decode_image(inputs.encoded[i], DecodeLimits{}, inputs.pictures[i]));
    must(preprocessor.run(inputs.pictures[i], inputs.tensors[i], inputs.traces[i]));
    Tensor output;
    must(engine->infer(0, inputs.tensors[i].view(), output));
    copy_part(output, inputs.outputs[i]);
    if (raw_labels.empty())
      must(restore_labels(inputs.outputs[i].view(), inputs.traces[i], inputs.labels[i]));
    else
      inputs.labels[i] = part_of(raw_labels, i, inputs.pictures[i].size);
  }
  return inputs;
}

}  // namespace segfleet
