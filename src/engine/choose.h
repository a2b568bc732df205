// SPDX-License-Identifier: Apache-2.0
// `--engine auto`: which engine runs a model on the wanted devices, and why. Pure: what is installed is told
// to it. Thread-safety: free function without state.
#pragma once
#include <string>
#include <vector>

#include "segfleet/error.h"
#include "segfleet/model.h"

namespace segfleet {

struct EngineOffer {
  std::string engine;              // "openvino", "paddle" or "onnxruntime": one that can be started here
  std::vector<std::string> kinds;  // of devices it can drive on this machine: "cpu", "gpu", "xpu", ...
};

struct EngineQuestion {
  GraphFormat format = GraphFormat::onnx;
  bool pir = false;  // as ModelPackage::pir
  // Kinds of devices that one engine must drive all of. Empty, for --devices auto: the first kind of gpu,
  // xpu, npu, mlu, dcu, gcu that an engine which can run the graph offers, else cpu.
  std::vector<std::string> kinds;
  std::vector<EngineOffer> offers;
  // Why no graph can be converted to ONNX, and what mends it; empty where segfleet.convert has all that it
  // needs.
  std::string no_converter;
  // Why no engine in Python could be asked for, and what mends it; empty where they were.
  std::string no_python;
};

struct EngineChoice {
  std::string engine;
  bool convert = false;  // the graph goes through segfleet.convert first
  std::string reason;    // one sentence, for `segfleet inspect` and the run's first lines
};

// CPU: OpenVINO (a Paddle 3 graph converted), else Paddle, else ONNX Runtime. GPU: Paddle for its own graphs,
// else ONNX Runtime, else OpenVINO, which drives Intel's. xpu, npu, mlu, dcu, gcu: Paddle, else OpenVINO.
// A graph that no engine at hand reads as it is goes to the first of these that reads it converted.
// Errors: engine_unavailable, naming what is here and the pip line; model_unsupported where no engine runs
// that format on those devices.
Result<EngineChoice> choose_engine(const EngineQuestion& question);

}  // namespace segfleet
