// SPDX-License-Identifier: Apache-2.0
// Batches through the engine: gathers inputs, checks outputs, halves batches that do not fit in memory, and
// finds the guilty item of a batch that fails. Thread-safety: run() at once from several threads, each with
// its own lane.
#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "segfleet/engine.h"
#include "worker/item.h"
#include "worker/spare_list.h"

namespace segfleet {

class Infer {
 public:
  // note: gets what the user should be told once; called on the lanes' threads. device: for notes.
  Infer(Engine& engine, std::string device, int batch, std::function<void(std::string)> note);

  // Items that the next batch may hold; falls when memory runs out.
  std::size_t batch_limit() const { return limit_; }

  // Every item gets its output or fails. Inputs are let go.
  void run(int lane, std::span<ItemPtr> items);

 private:
  void run_part(int lane, std::span<ItemPtr> items);
  Status run_engine(int lane, std::span<ItemPtr> items);
  void lower_limit(std::size_t failed_batch);

  Engine& engine_;
  const std::string device_;
  const std::function<void(std::string)> note_;
  std::atomic<std::size_t> limit_;
  std::vector<Tensor> gathered_;  // one a lane, reused
  SpareList<Tensor> outputs_;
};

}  // namespace segfleet
