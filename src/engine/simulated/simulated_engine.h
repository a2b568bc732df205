// SPDX-License-Identifier: Apache-2.0
// An engine without a network: deterministic labels from the pixels, and on demand every way to go wrong.
// Thread-safety: as Engine.
#pragma once
#include <cstddef>

#include "engine/simulated/options.h"
#include "segfleet/engine.h"

namespace segfleet {

class SimulatedEngine : public Engine {
 public:
  SimulatedEngine(SimulatedOptions simulated, const EngineOptions& options);
  const EngineInfo& info() const override { return info_; }
  Status infer(int lane, const TensorView& input, Tensor& output) override;

 private:
  Status misbehave(const TensorView& input) const;
  void label_item(const float* item, std::size_t pixels, std::byte* output) const;

  SimulatedOptions simulated_;
  int batch_;
  EngineInfo info_;
};

}  // namespace segfleet
