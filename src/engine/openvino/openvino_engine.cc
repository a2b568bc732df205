// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/openvino_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <openvino/runtime/intel_gpu/properties.hpp>
#include <utility>

#include "engine/openvino/device.h"
#include "engine/openvino/guard.h"

namespace segfleet {
namespace {

ov::element::Type openvino_type(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return ov::element::u8;
    case ElementType::i32:
      return ov::element::i32;
    case ElementType::i64:
      return ov::element::i64;
    case ElementType::f32:
      return ov::element::f32;
  }
  return ov::element::dynamic;
}

// N×1×H×W labels are N×H×W labels.
Shape output_shape(const ov::Shape& shape, ElementType type) {
  Shape extents(shape.begin(), shape.end());
  if (type != ElementType::f32 && extents.size() == 4 && extents[1] == 1) extents.erase(1);
  return extents;
}

ov::Tensor wrap(ElementType type, const ov::Shape& shape, void* data) {
  return {openvino_type(type), shape, data};
}

}  // namespace

OpenVinoEngine::OpenVinoEngine(EngineInfo info, std::string device, int batch,
                               std::vector<CompiledShape> shapes, std::unique_ptr<TailRunner> tail)
    : info_(std::move(info)),
      device_(std::move(device)),
      batch_(batch),
      shapes_(std::move(shapes)),
      tail_(std::move(tail)) {}

std::optional<DeviceMemory> OpenVinoEngine::memory() const {
  if (!device_.starts_with("GPU")) return std::nullopt;
  try {
    const std::uint64_t total = openvino_core().get_property(device_, ov::intel_gpu::device_total_mem_size);
    std::uint64_t used = 0;
    for (const auto& [kind, bytes] : openvino_core().get_property(device_, ov::intel_gpu::memory_statistics))
      used += bytes;
    return DeviceMemory{used, total - std::min(total, used), total};
  } catch (const std::exception&) {  // a plugin that does not tell
    return std::nullopt;
  }
}

Status OpenVinoEngine::check(int lane, const TensorView& input) const {
  const Shape& takes = info_.input.shape;
  const auto fits = [&](std::size_t axis) { return takes[axis] < 0 || input.shape[axis] == takes[axis]; };
  if (lane < 0 || lane >= info_.lanes)
    return Error{ErrorCode::engine_error,
                 fmt::format("lane {} of an engine with {} lanes", lane, info_.lanes)};
  if (input.type != ElementType::f32 || input.shape.size() != 4 || input.shape[0] < 1 ||
      input.shape[0] > batch_ || input.shape[1] != 3 || !fits(2) || !fits(3) || input.shape[2] < 1 ||
      input.shape[3] < 1)
    return Error{ErrorCode::engine_error,
                 fmt::format("the engine takes f32 {} with a batch of 1 to {}, and was given {} {}",
                             to_string(takes), batch_, name_of(input.type), to_string(input.shape))};
  return {};
}

Status OpenVinoEngine::infer(int lane, const TensorView& input, Tensor& output) {
  SEGFLEET_RETURN_IF_ERROR(check(lane, input));
  return guarded(ErrorCode::engine_error, "OpenVINO failed while it ran the graph", [&]() -> Status {
    if (shapes_[0].batch < 0)
      infer_open(lane, input, output);
    else
      infer_fixed(lane, input, output);
    return {};
  });
}

// Open sizes: the output's size is known only afterwards, so it is copied.
void OpenVinoEngine::infer_open(int lane, const TensorView& input, Tensor& output) {
  ov::InferRequest& request = shapes_[0].requests[static_cast<std::size_t>(lane)];
  request.set_input_tensor(wrap(input.type, {input.shape.begin(), input.shape.end()}, input.data));
  request.infer();
  const ov::Tensor result = request.get_output_tensor();
  const ov::Shape& shape = result.get_shape();
  if (tail_->kind() == Tail::argmax) {  // N×H×W×C
    output.reset(ElementType::u8, Shape(shape.begin(), shape.begin() + 3));
    tail_->run(lane, result.data<const float>(), shape[0], shape[1] * shape[2], output.data<std::uint8_t>());
    return;
  }
  output.reset(info_.output.type, output_shape(shape, info_.output.type));
  std::memcpy(output.bytes(), result.data(), output.size_bytes());
}

// A batch of a size that was compiled runs at once, another in parts: OpenVINO's CPU plugin gives equal bits
// either way, and a graph with an open batch is 16 % slower (PP-LiteSeg).
void OpenVinoEngine::infer_fixed(int lane, const TensorView& input, Tensor& output) {
  Shape shape = info_.output.shape;
  shape[0] = input.shape[0];
  output.reset(info_.output.type, shape);
  auto* from = static_cast<float*>(input.data);
  const auto items = static_cast<std::size_t>(input.shape[0]);
  const std::size_t in_step = element_count(input.shape) / items;
  const std::size_t out_step = output.size_bytes() / items;
  std::size_t item = 0;
  for (CompiledShape& compiled : shapes_) {  // the largest first, batch 1 last
    const auto batch = static_cast<std::size_t>(compiled.batch);
    for (; item + batch <= items; item += batch)
      run_fixed(compiled, lane, from + item * in_step, output.bytes() + item * out_step);
  }
}

void OpenVinoEngine::run_fixed(CompiledShape& shape, int lane, float* input, std::byte* output) {
  ov::InferRequest& request = shape.requests[static_cast<std::size_t>(lane)];
  request.set_input_tensor(wrap(ElementType::f32, shape.model.input().get_shape(), input));
  if (tail_->kind() == Tail::none)
    request.set_output_tensor(wrap(info_.output.type, shape.model.output().get_shape(), output));
  request.infer();
  if (tail_->kind() == Tail::none) return;
  const auto pixels = static_cast<std::size_t>(info_.output.shape[1] * info_.output.shape[2]);
  tail_->run(lane, request.get_output_tensor().data<const float>(), static_cast<std::size_t>(shape.batch),
             pixels, reinterpret_cast<std::uint8_t*>(output));
}

}  // namespace segfleet
