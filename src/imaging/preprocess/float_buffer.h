// SPDX-License-Identifier: Apache-2.0
// Working memory that only grows and is never cleared. Thread-safety: one thread at a time.
#pragma once
#include <cstddef>
#include <memory>

namespace segfleet {

class FloatBuffer {
 public:
  // At least `count` floats, their contents unspecified; valid until the next call. Throws std::bad_alloc.
  float* reserve(std::size_t count) {
    if (count > capacity_) {
      capacity_ = 0;
      data_.reset();
      data_ = std::make_unique_for_overwrite<float[]>(count);
      capacity_ = count;
    }
    return data_.get();
  }
  float* data() { return data_.get(); }

 private:
  std::unique_ptr<float[]> data_;
  std::size_t capacity_ = 0;
};

}  // namespace segfleet
