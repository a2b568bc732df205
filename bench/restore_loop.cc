// SPDX-License-Identifier: Apache-2.0
// Scores to labels at the picture's size, on one thread, with no I/O.
//   restore_loop CLASSES HEIGHT WIDTH TO_HEIGHT TO_WIDTH labels|confidence REPEATS
// `confidence` also gives the map of the winner's softmax over the interpolated logits. Prints one JSON
// object with the median of the processor time, which other programs on the machine hardly change.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/process_usage.h"
#include "imaging/masks/restore.h"

namespace segfleet {
namespace {

int measure(char** argv) {
  const Shape shape{std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3])};
  const Trace trace{ResizedFrom{{std::atoi(argv[5]), std::atoi(argv[4])}}};
  RestoreOptions options;
  options.confidence = std::string(argv[6]) == "confidence";
  const int repeats = std::atoi(argv[7]);

  std::mt19937 random(7);
  std::normal_distribution<float> value;
  Tensor scores;
  scores.reset(ElementType::f32, shape);
  for (std::size_t i = 0; i < element_count(shape); ++i) scores.data<float>()[i] = value(random);
  RestoredPicture restored;
  std::vector<double> milliseconds;
  for (int i = 0; i <= repeats; ++i) {  // the first one warms up
    const double start_s = process_cpu_seconds();
    if (const Status status = restore_picture(scores.view(), trace, options, restored); !status.ok()) {
      std::fprintf(stderr, "restore_loop: %s\n", status.error().message.c_str());
      return 1;
    }
    if (i > 0) milliseconds.push_back((process_cpu_seconds() - start_s) * 1e3);
  }
  std::ranges::sort(milliseconds);
  std::printf("{\"median_ms\": %.4f}\n", milliseconds[milliseconds.size() / 2]);
  return 0;
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  if (argc != 8 || std::atoi(argv[7]) < 1) {
    std::fprintf(stderr,
                 "usage: restore_loop CLASSES HEIGHT WIDTH TO_HEIGHT TO_WIDTH labels|confidence REPEATS\n");
    return 2;
  }
  return segfleet::measure(argv);
}
