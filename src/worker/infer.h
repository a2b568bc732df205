// SPDX-License-Identifier: Apache-2.0
// Batches through the engine: gathers inputs, checks outputs, halves batches that do not fit in memory, and
// finds the guilty item of a batch that fails. Thread-safety: run() at once from several threads, each with
// its own lane.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "segfleet/engine.h"
#include "worker/batch_control.h"
#include "worker/item.h"
#include "worker/spare_list.h"

namespace segfleet {

class Infer {
 public:
  // All must outlive it. batches: is told how every call went. gathered: where a batch of several lies.
  Infer(Engine& engine, BatchControl& batches, const MemorySource& gathered = {});

  // Every item gets its output or fails. Inputs are let go.
  void run(int lane, std::span<ItemPtr> items);
  // Of an item with a full_input, to compare with: beside its result and its times. Where it fails, the
  // picture is not compared.
  void run_full(int lane, Item& item);

 private:
  void run_part(int lane, std::span<ItemPtr> items);
  Status run_engine(int lane, std::span<ItemPtr> items);

  Engine& engine_;
  BatchControl& batches_;
  std::vector<Tensor> gathered_;  // one a lane, reused
  SpareList<Tensor> outputs_;
};

}  // namespace segfleet
