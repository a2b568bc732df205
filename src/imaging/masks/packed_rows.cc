// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/packed_rows.h"

#include <algorithm>
#include <cstring>

namespace segfleet {
namespace {
constexpr std::size_t kLineFloats = 16;
}

void PackedRows::start(const ScorePlanes& planes, std::size_t steps_a_row) {
  planes_ = planes;
  const auto width = static_cast<std::size_t>(planes.size.width);
  const auto classes = static_cast<std::size_t>(planes.classes);
  class_stride_ = (width + kLineFloats - 1) / kLineFloats * kLineFloats + kRowPadding;
  piece_ = (width * classes + steps_a_row - 1) / steps_a_row;
  for (Row& row : rows_) {
    row.index = -1;
    row.scores.resize(class_stride_ * classes);
  }
  pending_ = nullptr;
}

SourcePair PackedRows::pair(int upper, int lower, int next) {
  Row& first = hold(upper, lower);
  complete(first);
  Row& second = hold(lower, upper);
  complete(second);
  pending_ = nullptr;
  if (next >= 0 && next != upper && next != lower) {
    for (Row& row : rows_)
      if (&row != &first && &row != &second) pending_ = &row;
    if (pending_->index != next) {
      pending_->index = next;
      pending_->copied = 0;
    }
  }
  return {first.scores.data(), second.scores.data(), class_stride_, planes_.classes};
}

// The place that has the row, or one that has neither it nor the other.
PackedRows::Row& PackedRows::hold(int index, int other) {
  for (Row& row : rows_)
    if (row.index == index) return row;
  Row* free = nullptr;
  for (Row& row : rows_)
    if (row.index != other) free = &row;
  free->index = index;
  free->copied = 0;
  return *free;
}

void PackedRows::complete(Row& row) {
  pending_ = &row;
  const std::size_t all =
      static_cast<std::size_t>(planes_.size.width) * static_cast<std::size_t>(planes_.classes);
  if (row.copied < all) copy(all - row.copied);
}

void PackedRows::copy(std::size_t floats) {
  const auto width = static_cast<std::size_t>(planes_.size.width);
  const std::size_t all = width * static_cast<std::size_t>(planes_.classes);
  floats = std::min(floats, all - pending_->copied);
  while (floats > 0) {
    const std::size_t c = pending_->copied / width;
    const std::size_t column = pending_->copied % width;
    const std::size_t count = std::min(floats, width - column);
    const float* from = planes_.row(static_cast<int>(c), pending_->index) + column;
    std::memcpy(pending_->scores.data() + c * class_stride_ + column, from, count * sizeof(float));
    pending_->copied += count;
    floats -= count;
  }
  if (pending_->copied >= all) return;
  // The processor guesses the rest of a row by itself, but not where the next class lies.
  const std::size_t c = pending_->copied / width;
  const float* ahead = planes_.row(static_cast<int>(c), pending_->index) + pending_->copied % width;
  const std::size_t count = std::min(piece_, width - pending_->copied % width);
  for (std::size_t i = 0; i < count; i += kLineFloats) __builtin_prefetch(ahead + i);
  if (count < piece_ && c + 1 < static_cast<std::size_t>(planes_.classes)) {
    ahead = planes_.row(static_cast<int>(c + 1), pending_->index);
    for (std::size_t i = 0; i < piece_ - count; i += kLineFloats) __builtin_prefetch(ahead + i);
  }
}

}  // namespace segfleet
