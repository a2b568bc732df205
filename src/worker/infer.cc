// SPDX-License-Identifier: Apache-2.0
#include "worker/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "worker/guarded.h"

namespace segfleet {
namespace {

// One item goes in from where it lies; several are copied side by side.
TensorView gather(std::span<ItemPtr> items, Tensor& gathered) {
  if (items.size() == 1) return items[0]->input->view();
  Shape shape = items[0]->input->shape();
  shape[0] = static_cast<std::int64_t>(items.size());
  gathered.reset(ElementType::f32, shape);
  std::byte* place = gathered.bytes();
  for (const ItemPtr& item : items) {
    std::memcpy(place, item->input->bytes(), item->input->size_bytes());
    place += item->input->size_bytes();
  }
  return gathered.view();
}

// Labels are N×H×W, scores N×C×H×W f32, at the input's height and width.
Status check_output(const Tensor& output, const Shape& input) {
  const Shape& shape = output.shape();
  const bool is_scores = output.type() == ElementType::f32;
  const std::size_t rank = is_scores ? 4 : 3;
  if (shape.size() == rank && shape[0] == input[0] && shape[rank - 2] == input[2] &&
      shape[rank - 1] == input[3] && element_count(shape) > 0)
    return {};
  return Error{
      ErrorCode::engine_error,
      fmt::format("the engine gave {} {} for an input of {}: {}x{}{}x{} is needed", name_of(output.type()),
                  to_string(shape), to_string(input), input[0], is_scores ? "Cx" : "", input[2], input[3])};
}

}  // namespace

Infer::Infer(Engine& engine, BatchControl& batches, const MemorySource& gathered)
    : engine_(engine), batches_(batches) {
  for (int lane = 0; lane < engine.info().lanes; ++lane) gathered_.emplace_back(gathered);
}

void Infer::run(int lane, std::span<ItemPtr> items) {
  const Stopwatch watch;
  run_part(lane, items);
  const std::int64_t share_ns = watch.elapsed_ns() / static_cast<std::int64_t>(items.size());
  for (const ItemPtr& item : items) {
    item->input.reset();
    item->add_time(Stage::infer, share_ns);
  }
}

void Infer::run_full(int lane, Item& item) {
  const Status status = guarded("infer it in full", [&]() -> Status {
    const TensorView input = item.full_input->view();
    item.full_output = outputs_.borrow();
    SEGFLEET_RETURN_IF_ERROR(engine_.infer(lane, input, *item.full_output));
    return check_output(*item.full_output, input.shape);
  });
  if (!status.ok()) item.full_output.reset();
  item.full_input.reset();
}

// Recurses with at most half of the items, or with one.
void Infer::run_part(int lane, std::span<ItemPtr> items) {
  const Status status = guarded("infer it", [&] { return run_engine(lane, items); });
  if (status.ok()) return;
  if (items.size() == 1) return items[0]->fail(Stage::infer, status.error());
  const bool out_of_memory = status.error().code == ErrorCode::out_of_memory;
  if (out_of_memory) batches_.ran_out_of_memory(items.size());
  const std::size_t part = out_of_memory ? items.size() / 2 : 1;
  for (std::size_t first = 0; first < items.size(); first += part)
    run_part(lane, items.subspan(first, std::min(part, items.size() - first)));
}

Status Infer::run_engine(int lane, std::span<ItemPtr> items) {
  const TensorView input = gather(items, gathered_[static_cast<std::size_t>(lane)]);
  const std::shared_ptr<Tensor> output = outputs_.borrow();
  const Stopwatch watch;
  SEGFLEET_RETURN_IF_ERROR(engine_.infer(lane, input, *output));
  const std::int64_t elapsed_ns = watch.elapsed_ns();
  SEGFLEET_RETURN_IF_ERROR(check_output(*output, input.shape));
  batches_.ran(lane, items.size(), static_cast<double>(element_count(input.shape)), elapsed_ns);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i]->output = output;
    items[i]->output_index = i;
  }
  return {};
}

}  // namespace segfleet
