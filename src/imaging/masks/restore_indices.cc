// SPDX-License-Identifier: Apache-2.0
#include "imaging/masks/restore_indices.h"

#include <cstring>
#include <numeric>

#include "imaging/masks/sampling.h"

namespace segfleet {
namespace {

// One axis of the way back: source[i] is the network's pixel that pixel i of the restored map shows.
struct Axis {
  std::vector<std::int32_t> source;
  std::vector<std::int32_t> step;

  void start(int extent) {
    source.resize(static_cast<std::size_t>(extent));
    std::iota(source.begin(), source.end(), 0);
  }
  void enlarge(int extent) {
    nearest_indices(static_cast<int>(source.size()), extent, step);
    for (std::int32_t& index : step) index = source[index];
    source.swap(step);
  }
  void crop(int extent) { source.resize(static_cast<std::size_t>(extent)); }
  bool is_identity() const {
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] != static_cast<std::int32_t>(i)) return false;
    }
    return true;
  }
  bool is_doubling() const {
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] != static_cast<std::int32_t>(i / 2)) return false;
    }
    return true;
  }
};

struct Axes {
  Axis x;
  Axis y;
};

void undo(const Trace& trace, Axes& axes) {
  for (auto entry = trace.rbegin(); entry != trace.rend(); ++entry) {
    if (const auto* resized = std::get_if<ResizedFrom>(&*entry)) {
      axes.x.enlarge(resized->size.width);
      axes.y.enlarge(resized->size.height);
    } else {
      const Size size = std::get<PaddedFrom>(*entry).size;
      axes.x.crop(size.width);
      axes.y.crop(size.height);
    }
  }
}

enum class Columns { same, doubled, any };

Columns kind_of(const Axis& x) {
  if (x.is_identity()) return Columns::same;
  return x.is_doubling() ? Columns::doubled : Columns::any;
}

template <typename Label>
void fill_row(const Label* from, const Axis& x, Columns columns, std::uint8_t* to) {
  const std::size_t width = x.source.size();
  if (columns == Columns::same) {
    for (std::size_t i = 0; i < width; ++i) to[i] = static_cast<std::uint8_t>(from[i]);
  } else if (columns == Columns::doubled) {
    for (std::size_t i = 0; i < width / 2; ++i) {
      to[2 * i] = static_cast<std::uint8_t>(from[i]);
      to[2 * i + 1] = static_cast<std::uint8_t>(from[i]);
    }
    if (width % 2 != 0) to[width - 1] = static_cast<std::uint8_t>(from[width / 2]);
  } else {
    const std::int32_t* source = x.source.data();
    for (std::size_t i = 0; i < width; ++i) to[i] = static_cast<std::uint8_t>(from[source[i]]);
  }
}

template <typename Label>
void fill(const Label* from, int from_width, const Axes& axes, std::uint8_t* row) {
  const Columns columns = kind_of(axes.x);
  const std::size_t width = axes.x.source.size();
  for (std::size_t y = 0; y < axes.y.source.size(); ++y, row += width) {
    if (y > 0 && axes.y.source[y] == axes.y.source[y - 1]) {
      std::memcpy(row, row - width, width);
    } else {
      fill_row(from + std::size_t(axes.y.source[y]) * from_width, axes.x, columns, row);
    }
  }
}

}  // namespace

void restore_indices(const TensorView& output, Size from, const Trace& trace, std::uint8_t* labels) {
  thread_local Axes axes;  // kept, so that a run of equal sizes allocates nothing
  axes.x.start(from.width);
  axes.y.start(from.height);
  undo(trace, axes);
  if (output.type == ElementType::u8) {
    fill(static_cast<const std::uint8_t*>(output.data), from.width, axes, labels);
  } else if (output.type == ElementType::i32) {
    fill(static_cast<const std::int32_t*>(output.data), from.width, axes, labels);
  } else {
    fill(static_cast<const std::int64_t*>(output.data), from.width, axes, labels);
  }
}

}  // namespace segfleet
