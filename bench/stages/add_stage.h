// SPDX-License-Identifier: Apache-2.0
// Thread-safety: before the benchmarks run.
#pragma once
#include <benchmark/benchmark.h>

#include "inputs.h"

namespace segfleet {

// `stage(state, inputs)` as the benchmark `name`; gives it for what is to be said of it besides. `inputs`
// must outlive it.
template <typename Stage>
auto* add_stage(const char* name, Stage stage, StageInputs& inputs, benchmark::TimeUnit unit) {
  return benchmark::RegisterBenchmark(name,
                                      [&inputs, stage](benchmark::State& state) { stage(state, inputs); })
      ->Unit(unit);
}

}  // namespace segfleet
