// SPDX-License-Identifier: Apache-2.0
#include "engine/simulated/simulated_engine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/unique_fd.h"
#include "engine/simulated/simulated_label.h"

namespace segfleet {
namespace {

constexpr float kTolerance = 1e-3f;

// What is drawn in a call: a number each; an item's latency has two.
enum Purpose : std::uint64_t { kCrash, kHang, kOom, kWrongOutput, kCallLatency, kItemLatency = 16 };

bool matches(const std::optional<float>& wanted, float value) {
  return wanted && std::abs(*wanted - value) <= kTolerance;
}

void sleep_ms(double milliseconds) {
  if (milliseconds > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(milliseconds));
}

[[noreturn]] void hang() {
  while (true) ::pause();
}

// True for the one process of all that made the file.
bool first_to_make(const std::filesystem::path& path) {
  return static_cast<bool>(UniqueFd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666)));
}

}  // namespace

SimulatedEngine::SimulatedEngine(SimulatedOptions simulated, const EngineOptions& options,
                                 std::unique_ptr<SimulatedMemory> memory)
    : simulated_(std::move(simulated)),
      batch_(options.batch),
      incarnation_(static_cast<std::uint64_t>(options.incarnation)),
      memory_(std::move(memory)) {
  info_.name = "simulated";
  info_.version = "1";
  info_.device_name = fmt::format("simulated device {}", options.device);
  info_.input = {"x", ElementType::f32, {-1, 3, -1, -1}};
  info_.output = {"labels", ElementType::u8, {-1, -1, -1}};
  if (simulated_.scores) info_.output = {"scores", ElementType::f32, {-1, simulated_.classes, -1, -1}};
  info_.lanes = options.lanes;
  info_.class_count = simulated_.classes;
}

double SimulatedEngine::latency_ms(const Draw& draw, std::size_t items) const {
  double total = simulated_.latency.draw_ms(draw, kCallLatency);
  for (std::size_t item = 0; item < items; ++item)
    total += simulated_.latency_per_item.draw_ms(draw, kItemLatency + 2 * item);
  return total * factor_at(simulated_.slow, static_cast<double>(since_load_.elapsed_ns()) * 1e-9);
}

Status SimulatedEngine::misbehave(const Draw& draw, const TensorView& input) const {
  const auto items = static_cast<std::size_t>(input.shape[0]);
  if (simulated_.crash.happens(draw, kCrash)) std::abort();
  if (simulated_.hang.happens(draw, kHang)) hang();
  if (simulated_.oom.happens(draw, kOom))
    return Error{ErrorCode::out_of_memory,
                 fmt::format("simulated device memory ran out at call {}", draw.call)};
  if (simulated_.oom_if_batch_over && std::cmp_greater(items, *simulated_.oom_if_batch_over))
    return Error{ErrorCode::out_of_memory,
                 fmt::format("simulated device memory ran out with {} items", items)};
  if (!simulated_.crash_once_file.empty() && first_to_make(simulated_.crash_once_file)) std::abort();
  const std::size_t step = element_count(input.shape) / items;
  for (std::size_t item = 0; item < items; ++item) {
    const float first = static_cast<const float*>(input.data)[item * step];
    if (matches(simulated_.crash_if_first_pixel, first)) std::abort();
    if (matches(simulated_.hang_if_first_pixel, first)) hang();
    if (matches(simulated_.fail_if_first_pixel, first))
      return Error{ErrorCode::engine_error, fmt::format("simulated failure at a first pixel of {}", first)};
  }
  return {};
}

void SimulatedEngine::label_item(const float* item, std::size_t pixels, std::byte* output) const {
  auto* labels = reinterpret_cast<std::uint8_t*>(output);
  auto* scores = reinterpret_cast<float*>(output);
  if (simulated_.scores) std::fill_n(scores, pixels * static_cast<std::size_t>(simulated_.classes), 0.0f);
  for (std::size_t i = 0; i < pixels; ++i) {
    const int label = simulated_label(item[i], item[pixels + i], item[2 * pixels + i], simulated_.classes);
    if (simulated_.scores)
      scores[static_cast<std::size_t>(label) * pixels + i] = 1.0f;
    else
      labels[i] = static_cast<std::uint8_t>(label);
  }
}

Status SimulatedEngine::infer(int lane, const TensorView& input, Tensor& output) {
  if (lane < 0 || lane >= info_.lanes)
    return Error{ErrorCode::engine_error,
                 fmt::format("lane {} of an engine with {} lanes", lane, info_.lanes)};
  if (input.type != ElementType::f32 || input.shape.size() != 4 || input.shape[0] < 1 ||
      input.shape[0] > batch_ || input.shape[1] != 3 || input.shape[2] < 1 || input.shape[3] < 1)
    return Error{
        ErrorCode::engine_error,
        fmt::format("the engine takes f32 {} with a batch of 1 to {}, and was given {} {}",
                    to_string(info_.input.shape), batch_, name_of(input.type), to_string(input.shape))};
  const Draw draw{simulated_.seed, simulated_.device, ++calls_, incarnation_};
  const auto items = static_cast<std::size_t>(input.shape[0]);
  SEGFLEET_RETURN_IF_ERROR(memory_->take_batch(lane, items));
  SEGFLEET_RETURN_IF_ERROR(misbehave(draw, input));
  sleep_ms(latency_ms(draw, items));
  const std::int64_t height = input.shape[2];
  const std::int64_t width = input.shape[3];
  Shape shape = simulated_.scores ? Shape{input.shape[0], simulated_.classes, height, width}
                                  : Shape{input.shape[0], height, width};
  output.reset(info_.output.type, shape);
  const auto pixels = static_cast<std::size_t>(input.shape[2] * input.shape[3]);
  for (std::size_t item = 0; item < items; ++item)
    label_item(static_cast<const float*>(input.data) + item * 3 * pixels, pixels,
               output.bytes() + item * output.size_bytes() / items);
  const bool too_high = simulated_.wrong_shape || simulated_.wrong_output.happens(draw, kWrongOutput);
  if (simulated_.wrong_count) shape[0] += 1;
  if (too_high) shape[shape.size() - 2] += 1;
  if (simulated_.wrong_count || too_high) output.reset(info_.output.type, shape);
  return {};
}

}  // namespace segfleet
