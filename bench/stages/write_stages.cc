// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <fstream>
#include <string>

#include "add_stage.h"
#include "imaging/encode/encode.h"
#include "inputs.h"
#include "io/sink/durable_writer.h"

namespace segfleet {
namespace {

std::vector<std::byte> a_mask(const StageInputs& inputs) {
  PngEncoder encoder;
  std::vector<std::byte> png;
  must(encoder.encode(inputs.labels[0], paddleseg_palette(), png));
  return png;
}

// Durable files, `group` to a commit. The figure is for one file.
void write(benchmark::State& state, const StageInputs& inputs) {
  const std::vector<std::byte> png = a_mask(inputs);
  const auto group = static_cast<std::size_t>(state.range(0));
  DurableWriter writer;
  std::vector<FileToWrite> files;
  std::vector<Status> statuses;
  std::size_t number = 0;
  while (state.KeepRunningBatch(state.range(0))) {
    files.clear();
    for (std::size_t i = 0; i < group; ++i)
      files.push_back({inputs.scratch / (std::to_string(number++ % 512) + ".png"), png});
    statuses.clear();
    writer.commit(files, statuses);
    for (const Status& status : statuses) must(status);
  }
}

// A file that a power cut may leave empty.
void write_library(benchmark::State& state, const StageInputs& inputs) {
  const std::vector<std::byte> png = a_mask(inputs);
  std::size_t number = 0;
  for ([[maybe_unused]] auto turn : state) {
    std::ofstream file(inputs.scratch / (std::to_string(number++ % 512) + ".png"), std::ios::binary);
    file.write(reinterpret_cast<const char*>(png.data()), std::streamsize(png.size()));
  }
}

}  // namespace

void register_write_stages(StageInputs& inputs) {
  add_stage("write", write, inputs, benchmark::kMillisecond)
      ->Arg(1)
      ->Arg(8)
      ->Arg(32)
      ->MeasureProcessCPUTime();  // commits have threads of their own
  add_stage("write/library", write_library, inputs, benchmark::kMillisecond);
}

}  // namespace segfleet
