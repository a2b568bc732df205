// SPDX-License-Identifier: Apache-2.0
#include "segfleet/tensor.h"

#include <cstdlib>
#include <new>

namespace segfleet {
namespace {
constexpr std::size_t kAlignmentBytes = 64;

std::shared_ptr<std::byte> from_heap(std::size_t bytes) {
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignmentBytes, bytes));
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, [](std::byte* p) { std::free(p); }};
}

}  // namespace

std::size_t size_bytes(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return 1;
    case ElementType::i32:
      return 4;
    case ElementType::i64:
      return 8;
    case ElementType::f32:
      return 4;
  }
  return 0;
}

std::string_view name_of(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return "u8";
    case ElementType::i32:
      return "i32";
    case ElementType::i64:
      return "i64";
    case ElementType::f32:
      return "f32";
  }
  return "?";
}

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text;
  for (const std::int64_t extent : shape) {
    if (!text.empty()) text += 'x';
    text += extent < 0 ? "?" : std::to_string(extent);
  }
  return text;
}

void Tensor::reset(ElementType type, const Shape& shape) {
  owner_.reset();
  const std::size_t bytes = element_count(shape) * segfleet::size_bytes(type);
  if (bytes > capacity_bytes_) {
    const std::size_t rounded = (bytes + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
    own_.reset();
    capacity_bytes_ = 0;
    begin_ = nullptr;
    size_bytes_ = 0;
    shape_ = {};  // where there is no memory, nothing may take it for a tensor that fits
    if (source_) own_ = source_(rounded);
    if (!own_) own_ = from_heap(rounded);
    capacity_bytes_ = rounded;
  }
  begin_ = own_.get();
  size_bytes_ = bytes;
  type_ = type;
  shape_ = shape;
}

void Tensor::adopt(ElementType type, const Shape& shape, void* data, std::shared_ptr<void> owner) {
  size_bytes_ = element_count(shape) * segfleet::size_bytes(type);
  begin_ = static_cast<std::byte*>(data);
  owner_ = std::move(owner);
  type_ = type;
  shape_ = shape;
}

}  // namespace segfleet
