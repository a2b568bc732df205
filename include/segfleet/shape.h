// SPDX-License-Identifier: Apache-2.0
// The extents of a tensor, in place: every picture's way copies a dozen of them, and none of those may
// allocate. Thread-safety: a value.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>

namespace segfleet {

// At most kMaxRank extents, outermost first; -1 where a graph leaves one open. What would be more throws
// std::length_error: no network for pictures comes near.
class Shape {
 public:
  using value_type = std::int64_t;
  static constexpr std::size_t kMaxRank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents) : Shape(extents.begin(), extents.end()) {}
  template <typename Iterator>
  Shape(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(static_cast<std::int64_t>(*first));
  }

  std::size_t size() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  std::int64_t* begin() { return extents_.data(); }
  std::int64_t* end() { return extents_.data() + rank_; }
  const std::int64_t* begin() const { return extents_.data(); }
  const std::int64_t* end() const { return extents_.data() + rank_; }
  std::int64_t& operator[](std::size_t axis) { return extents_[axis]; }
  const std::int64_t& operator[](std::size_t axis) const { return extents_[axis]; }
  std::int64_t front() const { return extents_[0]; }

  void push_back(std::int64_t extent) {
    if (rank_ == kMaxRank) throw std::length_error("a tensor of more than 8 dimensions");
    extents_[rank_++] = extent;
  }
  void pop_back() { --rank_; }
  void erase(std::size_t axis) {
    std::copy(begin() + axis + 1, end(), begin() + axis);
    --rank_;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<std::int64_t, kMaxRank> extents_{};
  std::size_t rank_ = 0;
};

std::size_t element_count(const Shape& shape);  // requires: no extent is negative
std::string to_string(const Shape& shape);      // "1x3x512x1024", "?" for an open extent

}  // namespace segfleet
