// SPDX-License-Identifier: Apache-2.0
// A compiled graph with its infer requests. Thread-safety: as Engine.
#pragma once
#include <memory>
#include <openvino/runtime/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/openvino/tail.h"
#include "segfleet/engine.h"

namespace segfleet {

// One compiled shape of the graph, one infer request a lane.
struct CompiledShape {
  int batch = 1;  // -1: any, height and width too
  ov::CompiledModel model;
  std::vector<ov::InferRequest> requests;
};

class OpenVinoEngine : public Engine {
 public:
  // shapes: one with an open batch; or fixed ones, the largest first, batch 1 last.
  // device: OpenVINO's word.
  OpenVinoEngine(EngineInfo info, std::string device, int batch, std::vector<CompiledShape> shapes,
                 std::unique_ptr<TailRunner> tail);

  const EngineInfo& info() const override { return info_; }
  Status infer(int lane, const TensorView& input, Tensor& output) override;
  // Of an Intel GPU, by OpenVINO's own statistics: what other processes use is not in them.
  std::optional<DeviceMemory> memory() const override;

 private:
  Status check(int lane, const TensorView& input) const;
  void infer_open(int lane, const TensorView& input, Tensor& output);
  void infer_fixed(int lane, const TensorView& input, Tensor& output);
  void run_fixed(CompiledShape& shape, int lane, float* input, std::byte* output);

  EngineInfo info_;
  std::string device_;
  int batch_;
  std::vector<CompiledShape> shapes_;
  std::unique_ptr<TailRunner> tail_;
};

}  // namespace segfleet
