// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/packed_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace segfleet {
namespace {
constexpr std::size_t kLineFloats = 16;
constexpr std::size_t kPiecesAhead = 2;  // memory answers later than the next step comes
}  // namespace

void PackedRows::start(const ScorePlanes& planes, std::size_t steps_a_row) {
  planes_ = planes;
  width_ = static_cast<std::size_t>(planes.size.width);
  const auto classes = static_cast<std::size_t>(planes.classes);
  class_stride_ = (width_ + kLineFloats - 1) / kLineFloats * kLineFloats + kRowPadding;
  piece_ = (width_ * classes + steps_a_row - 1) / steps_a_row;
  for (Row& row : rows_) {
    row.index = -1;
    row.scores.resize(class_stride_ * classes);
  }
  pending_ = nullptr;
}

SourcePair PackedRows::pair(int upper, int lower, int next) {
  Row& first = hold(upper, lower);
  copy(first, width_ * static_cast<std::size_t>(planes_.classes));
  Row& second = hold(lower, upper);
  copy(second, width_ * static_cast<std::size_t>(planes_.classes));
  pending_ = nullptr;
  if (next >= 0 && next != upper && next != lower) {
    for (Row& row : rows_)
      if (&row != &first && &row != &second) pending_ = &row;
    if (pending_->index != next) {
      *pending_ = {next, {}, {}, std::move(pending_->scores)};
      prefetch(*pending_, kPiecesAhead * piece_);
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
  *free = {index, {}, {}, std::move(free->scores)};
  return *free;
}

template <typename Visit>
void PackedRows::walk(const Row& row, Place& place, std::size_t floats, Visit visit) {
  while (floats > 0 && place.plane < planes_.classes) {
    const std::size_t count = std::min(floats, width_ - place.column);
    visit(planes_.row(place.plane, row.index) + place.column, place, count);
    floats -= count;
    place.column += count;
    if (place.column < width_) return;
    place = {place.plane + 1, 0};
  }
}

void PackedRows::copy(Row& row, std::size_t floats) {
  walk(row, row.copied, floats, [&](const float* from, const Place& place, std::size_t count) {
    float* to = row.scores.data() + static_cast<std::size_t>(place.plane) * class_stride_ + place.column;
    std::memcpy(to, from, count * sizeof(float));
  });
}

void PackedRows::prefetch(Row& row, std::size_t floats) {
  walk(row, row.prefetched, floats, [](const float* from, const Place&, std::size_t count) {
    for (std::size_t i = 0; i < count; i += kLineFloats) __builtin_prefetch(from + i);
  });
}

void PackedRows::step() {
  if (pending_ == nullptr) return;
  copy(*pending_, piece_);
  prefetch(*pending_, piece_);
}

}  // namespace segfleet
