// SPDX-License-Identifier: Apache-2.0
// segfleet's own engine in a loop, with no I/O and no pre- or post-processing: what the pipeline around it
// could reach at best. It differs from raw_openvino where the engine folds work into or out of the graph.
//   raw_engine MODEL_DIR HEIGHT WIDTH THREADS LANES fp32|bf16 IMAGES
// Prints one JSON object. Must lie beside the engines' shared objects.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "engine/registry.h"
#include "segfleet/engine.h"
#include "segfleet/model.h"

namespace segfleet {
namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "raw_engine: %s\n", error.message.c_str());
  return 1;
}

void run_lane(Engine& engine, int lane, Tensor& input, int images) {
  Tensor output;
  for (int i = 0; i < images; ++i)
    if (const Status status = engine.infer(lane, input.view(), output); !status.ok())
      std::exit(fail(status.error()));
}

void run_lanes(Engine& engine, std::vector<Tensor>& inputs, int images) {
  std::vector<std::thread> lanes;
  for (std::size_t lane = 0; lane < inputs.size(); ++lane)
    lanes.emplace_back([&, lane] { run_lane(engine, static_cast<int>(lane), inputs[lane], images); });
  for (std::thread& lane : lanes) lane.join();
}

int measure(char** argv) {
  const auto model = load_model_package(argv[1]);
  if (!model.ok()) return fail(model.error());
  const auto factory = open_engine_factory("openvino");
  if (!factory.ok()) return fail(factory.error());
  EngineOptions options;
  options.threads = std::atoi(argv[4]);
  options.lanes = std::atoi(argv[5]);
  options.precision = std::string(argv[6]) == "bf16" ? Precision::bf16 : Precision::fp32;
  const auto engine = (*factory)->load(*model, options);
  if (!engine.ok()) return fail(engine.error());

  std::mt19937 random(7);
  std::uniform_real_distribution<float> value(-1, 1);
  std::vector<Tensor> inputs(static_cast<std::size_t>(options.lanes));
  for (Tensor& input : inputs) {
    input.reset(ElementType::f32, {1, 3, std::atoi(argv[2]), std::atoi(argv[3])});
    for (std::size_t i = 0; i < element_count(input.shape()); ++i) input.data<float>()[i] = value(random);
  }
  run_lanes(**engine, inputs, 2);  // warm up
  const int images_a_lane = std::atoi(argv[7]) / options.lanes;
  const Stopwatch watch;
  run_lanes(**engine, inputs, images_a_lane);
  const double seconds = static_cast<double>(watch.elapsed_ns()) * 1e-9;
  const int images = images_a_lane * options.lanes;
  std::printf("{\"images\": %d, \"seconds\": %.6f, \"images_per_s\": %.4f}\n", images, seconds,
              images / seconds);
  return 0;
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: raw_engine MODEL_DIR HEIGHT WIDTH THREADS LANES fp32|bf16 IMAGES\n");
    return 2;
  }
  return segfleet::measure(argv);
}
