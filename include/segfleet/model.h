// SPDX-License-Identifier: Apache-2.0
// A model package: the folder that PaddleSeg's export writes (deploy.yaml + graph + weights), or PaddleX's
// (inference.yml + inference.json + inference.pdiparams).
// Thread-safety: plain data; load_model_package() may be called from any thread.
#pragma once
#include <array>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/image.h"
#include "segfleet/tensor.h"

namespace segfleet {

enum class Interpolation { nearest, linear, cubic, area, lanczos4 };

// paddleseg/transforms/transforms.py, version 2.8, deploy-time behaviour. All run on float32 H×W×3 RGB.
struct Resize {
  Size target{512, 512};
  bool keep_ratio = false;
  int size_divisor = 0;  // 0: none. Applied after keep_ratio, and also without it
  Interpolation interpolation = Interpolation::linear;
  bool on_bytes = false;  // PaddleX resizes the 8-bit picture; only as the first transform
};
struct ResizeByLong {
  int long_side = 0;
};
struct ResizeByShort {
  int short_side = 0;
  double max_size = 1e10;
};
struct LimitLong {
  int max_long = 0;  // 0: no upper limit
  int min_long = 0;  // 0: no lower limit
};
struct Padding {
  Size target;
  std::array<double, 3> value{127.5, 127.5, 127.5};
};
struct PaddingByAspectRatio {
  double aspect_ratio = 1.0;
  std::array<double, 3> value{127.5, 127.5, 127.5};
};
struct Normalize {
  std::array<double, 3> mean{0.5, 0.5, 0.5};
  std::array<double, 3> std{0.5, 0.5, 0.5};
  // PaddleX: pixel * float(1 / 255 / std) + float(-mean / std) in float32; only where pixels are still bytes
  bool folded = false;
};
using Transform =
    std::variant<Resize, ResizeByLong, ResizeByShort, LimitLong, Padding, PaddingByAspectRatio, Normalize>;

// What the export appended to the network. A package without the key (PaddleSeg 2.1 to 2.6) loads as argmax,
// with a warning: there the graph's own output tells, so an engine goes by its rank. N×H×W are labels;
// N×C×H×W are scores, of which the caller takes the argmax, as PaddleSeg's infer.py does with --with_argmax.
enum class OutputOp { argmax, softmax, none };
enum class GraphFormat { onnx, openvino, paddle };

struct ModelPackage {
  std::filesystem::path folder;
  std::filesystem::path config_path;   // deploy.yaml or inference.yml
  std::filesystem::path graph_path;    // .onnx, .xml, .pdmodel or .json
  std::filesystem::path weights_path;  // .bin or .pdiparams; empty where the graph file holds them
  GraphFormat format = GraphFormat::onnx;
  bool pir = false;      // format paddle: Paddle 3's .json, which OpenVINO does not read, not a .pdmodel
  bool paddlex = false;  // runs as PaddleX runs it: its transforms and defaults are not PaddleSeg's
  Shape input_shape;     // as deploy.yaml says, -1 for null; empty where it says nothing
  std::vector<Transform> transforms;
  OutputOp output_op = OutputOp::argmax;
  bool output_op_said = true;  // false: argmax by default, the graph's own output decides
  std::string output_dtype = "int32";
  std::vector<std::string> class_names;  // from classes.txt, else empty
  std::vector<std::string> warnings;     // unknown keys and the like: to be told to the user once
  std::string fingerprint;               // 32 hex digits over configuration, graph and weights
};

// Reads and checks the package in `path` (the folder, or its yaml file). A folder's deploy.yaml is taken,
// else its inference.yml, else the only yaml file in it. The graph is not opened, but hashed.
// - A yaml that says `model: X.pdmodel` where only X.json lies beside it means X.json: PaddleSeg's export
//   names .pdmodel whichever of the two Paddle has written.
// - An inference.yml with Global.model_name is PaddleX's, and runs as PaddleX runs it; one without comes from
//   PaddleSeg's --for_fd and runs as a deploy.yaml. PaddleX reads no other file name.
// Errors: not_found (no such path, no yaml file), model_invalid, model_unsupported;
// the message names the file, the transform (from 1) and the key.
Result<ModelPackage> load_model_package(const std::filesystem::path& path);

std::string describe(const Transform& transform);  // "Resize(target_size=[1024, 512], interp=LINEAR)"
std::string_view name_of(OutputOp op);
std::string_view name_of(GraphFormat format);

}  // namespace segfleet
