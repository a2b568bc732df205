// SPDX-License-Identifier: Apache-2.0
// The raw limit: a graph in OpenVINO's own C++ API, in a loop, with no I/O and no pre- or post-processing.
// One asynchronous request per stream, every request always in flight: OpenVINO's throughput pattern.
//   raw_openvino GRAPH HEIGHT WIDTH THREADS STREAMS fp32|bf16 IMAGES
// Prints one JSON object. Bind it to cores with taskset.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <openvino/openvino.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void fill(ov::Tensor tensor) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> value(-1, 1);
  auto* data = tensor.data<float>();
  for (std::size_t i = 0; i < tensor.get_size(); ++i) data[i] = value(random);
}

// Runs `images` inferences over all requests, round robin. Each start waits for its own request only.
void run(std::vector<ov::InferRequest>& requests, int images) {
  for (int i = 0; i < images; ++i) {
    ov::InferRequest& request = requests[static_cast<std::size_t>(i) % requests.size()];
    request.wait();
    request.start_async();
  }
  for (ov::InferRequest& request : requests) request.wait();
}

int measure(char** argv) {
  const std::size_t height = std::strtoul(argv[2], nullptr, 10);
  const std::size_t width = std::strtoul(argv[3], nullptr, 10);
  const int threads = std::atoi(argv[4]);
  const int streams = std::atoi(argv[5]);
  const bool bf16 = std::string(argv[6]) == "bf16";
  const int images = std::atoi(argv[7]);

  const auto load_start = Clock::now();
  ov::Core core;
  auto model = core.read_model(argv[1]);
  model->reshape(ov::PartialShape{1, 3, static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)});
  auto compiled =
      core.compile_model(model, "CPU", ov::inference_num_threads(threads), ov::num_streams(streams),
                         ov::hint::inference_precision(bf16 ? ov::element::bf16 : ov::element::f32));
  std::vector<ov::InferRequest> requests;
  for (int i = 0; i < streams; ++i) {
    requests.push_back(compiled.create_infer_request());
    fill(requests.back().get_input_tensor());
  }
  const double load_s = seconds_since(load_start);

  run(requests, 2 * streams);  // warm up
  const auto start = Clock::now();
  run(requests, images);
  const double run_s = seconds_since(start);
  std::printf("{\"images\": %d, \"seconds\": %.6f, \"images_per_s\": %.4f, \"load_s\": %.4f}\n", images,
              run_s, images / run_s, load_s);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: raw_openvino GRAPH HEIGHT WIDTH THREADS STREAMS fp32|bf16 IMAGES\n");
    return 2;
  }
  try {
    return measure(argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "raw_openvino: %s\n", error.what());
    return 1;
  }
}
