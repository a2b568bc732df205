// SPDX-License-Identifier: Apache-2.0
// Dense row-major tensors as engines take and give them. Thread-safety: plain data, no internal locking.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "segfleet/shape.h"

namespace segfleet {

enum class ElementType : std::uint8_t { u8 = 0, i32 = 1, i64 = 2, f32 = 3 };
std::size_t size_bytes(ElementType type);
std::string_view name_of(ElementType type);

// Borrowed memory: the owner must outlive the view. Row-major, no gaps.
struct TensorView {
  void* data = nullptr;
  ElementType type = ElementType::f32;
  Shape shape;
};

// Gives at least so many bytes, aligned to 64, that are in use as long as the pointer; null: it has none to
// give.
using MemorySource = std::function<std::shared_ptr<std::byte>(std::size_t bytes)>;

// Dense memory that it owns, or that it shares with whoever made it (adopt).
class Tensor {
 public:
  Tensor() = default;
  // What it owns comes from the source; from the heap where that has none.
  explicit Tensor(MemorySource source) : source_(std::move(source)) {}
  Tensor(Tensor&&) = default;  // and no copy: two tensors never own the same memory
  Tensor& operator=(Tensor&&) = default;
  Tensor(ElementType type, const Shape& shape) { reset(type, shape); }
  // Own memory, aligned to 64 bytes. Keeps the allocation where it is large enough, so that a tensor used
  // again and again allocates only while it grows; its contents are then unspecified. Throws std::bad_alloc.
  void reset(ElementType type, const Shape& shape);
  // Someone else's memory, without a copy: row-major, no gaps, aligned for its type, constant from now on.
  // `owner` keeps it alive until the next reset() or adopt(), or the tensor's end.
  void adopt(ElementType type, const Shape& shape, void* data, std::shared_ptr<void> owner);
  ElementType type() const { return type_; }
  const Shape& shape() const { return shape_; }
  std::size_t size_bytes() const { return size_bytes_; }
  std::byte* bytes() { return begin_; }
  const std::byte* bytes() const { return begin_; }
  template <typename T>
  T* data() {
    return reinterpret_cast<T*>(begin_);
  }
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(begin_);
  }
  TensorView view() { return {begin_, type_, shape_}; }

 private:
  MemorySource source_;
  std::shared_ptr<std::byte> own_;
  std::size_t capacity_bytes_ = 0;  // of own_
  std::shared_ptr<void> owner_;     // of what begin_ points to, where that is not own_
  std::byte* begin_ = nullptr;
  std::size_t size_bytes_ = 0;
  ElementType type_ = ElementType::f32;
  Shape shape_;
};

}  // namespace segfleet
