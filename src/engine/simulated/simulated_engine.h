// SPDX-License-Identifier: Apache-2.0
// An engine without a network: deterministic labels from the pixels, and on demand every way to go wrong.
// Thread-safety: as Engine.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "engine/simulated/options.h"
#include "segfleet/engine.h"

namespace segfleet {

class SimulatedEngine : public Engine {
 public:
  SimulatedEngine(SimulatedOptions simulated, const EngineOptions& options,
                  std::unique_ptr<SimulatedMemory> memory);
  const EngineInfo& info() const override { return info_; }
  Status infer(int lane, const TensorView& input, Tensor& output) override;
  std::optional<DeviceMemory> memory() const override { return memory_->use(); }

 private:
  Status misbehave(const Draw& draw, const TensorView& input) const;
  double latency_ms(const Draw& draw, std::size_t items) const;
  void label_item(const float* item, std::size_t pixels, std::byte* output) const;

  SimulatedOptions simulated_;
  int batch_;
  std::uint64_t incarnation_;
  EngineInfo info_;
  std::unique_ptr<SimulatedMemory> memory_;
  std::atomic<std::uint64_t> calls_ = 0;
  Stopwatch since_load_;
};

}  // namespace segfleet
