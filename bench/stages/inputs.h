// SPDX-License-Identifier: Apache-2.0
// What the stages are measured on: some pictures of a folder, and what each stage makes of them for the next
// one. Thread-safety: constant once made.
#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "imaging/preprocess/geometry.h"
#include "segfleet/engine.h"
#include "segfleet/image.h"
#include "segfleet/model.h"
#include "segfleet/tensor.h"

namespace segfleet {

struct StageInputs {
  ModelPackage model;
  std::string engine;
  std::filesystem::path scratch;  // for files that are written
  std::vector<std::filesystem::path> paths;
  // Of each picture.
  std::vector<std::vector<std::byte>> encoded;
  std::vector<Image> pictures;
  std::vector<Tensor> tensors;  // the network's inputs
  std::vector<Trace> traces;
  std::vector<Tensor> outputs;   // of the engine, less the batch's extent
  std::vector<LabelMap> labels;  // at the picture's size
};

// At most kStagePictures of the folder, by name. `labels_file`: raw bytes, the labels of each picture one
// after the other, instead of the engine's own; empty: none. Ends the program where something fails.
inline constexpr std::size_t kStagePictures = 8;
StageInputs make_inputs(const std::string& engine, const std::string& model, const std::string& pictures,
                        const std::string& scratch, const std::string& labels_file);
std::unique_ptr<Engine> load_engine(const StageInputs& inputs);  // one thread; ends the program likewise

// Ends the program with the error's message.
void must(const Status& status);

void register_picture_stages(StageInputs& inputs);   // read, decode, transform, infer
void register_mask_stages(StageInputs& inputs);      // restore, count, encode, overlay
void register_write_stages(StageInputs& inputs);     // files on the disk
void register_dispatch_stages(StageInputs& inputs);  // what the coordinator does for an item
void register_hop_stages(StageInputs& inputs);       // a picture to another process and its labels back

}  // namespace segfleet
