// SPDX-License-Identifier: Apache-2.0
// The cost of each stage on one thread, with Google Benchmark. `X/library` is the library call that stage X
// replaces, on the same data. Figures are for one picture, or for one item.
//   stages ENGINE MODEL_DIR PICTURES_DIR SCRATCH_DIR [LABELS_FILE] [--benchmark_...]
// Must lie beside the engines' shared objects.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "inputs.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 5 && argc != 6) {
    std::fprintf(stderr,
                 "usage: stages ENGINE MODEL_DIR PICTURES_DIR SCRATCH_DIR [LABELS_FILE] [--benchmark_...]\n");
    return 2;
  }
  auto inputs = segfleet::make_inputs(argv[1], argv[2], argv[3], argv[4], argc == 6 ? argv[5] : "");
  segfleet::register_picture_stages(inputs);
  segfleet::register_mask_stages(inputs);
  segfleet::register_write_stages(inputs);
  segfleet::register_dispatch_stages(inputs);
  segfleet::register_hop_stages(inputs);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
