// SPDX-License-Identifier: Apache-2.0
// First in, first out, in memory that is kept: unlike std::deque, which allocates and frees as it moves
// along. Thread-safety: one thread at a time.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace segfleet {

// T must be movable and have a default: what was taken out leaves that behind, or what it was swapped for.
template <typename T>
class Ring {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void push_back(T value) {
    if (size_ == places_.size()) grow();
    at(size_++) = std::move(value);
  }
  // Into the memory that an earlier one has left.
  void push_copy(const T& value) {
    if (size_ == places_.size()) grow();
    at(size_++) = value;
  }
  // requires: !empty()
  T pop_front() {
    T value{};
    swap_front(value);
    return value;
  }
  // The oldest into `value`, whose memory is left to a later push_copy(). requires: !empty()
  void swap_front(T& value) {
    std::swap(value, at(0));
    first_ = (first_ + 1) % places_.size();
    --size_;
  }
  // Oldest first, gives every one that is wanted(one) to take(one); the others keep their order.
  template <typename Wanted, typename Take>
  void take_if(const Wanted& wanted, const Take& take) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      T& next = at(i);
      if (wanted(std::as_const(next)))
        take(std::exchange(next, T{}));
      else if (std::size_t place = kept++; place != i)
        at(place) = std::exchange(next, T{});
    }
    size_ = kept;
  }

 private:
  T& at(std::size_t i) { return places_[(first_ + i) % places_.size()]; }
  void grow() {
    std::vector<T> larger(places_.empty() ? 16 : 2 * places_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(at(i));
    places_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> places_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace segfleet
