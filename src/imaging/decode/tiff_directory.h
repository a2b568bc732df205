// SPDX-License-Identifier: Apache-2.0
// The few tags of a TIFF's first directory that limits are checked on before libtiff, which allocates by
// them, sees the file. Thread-safety: plain data and a free function.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "segfleet/error.h"

namespace segfleet {

struct TiffDirectory {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  std::uint64_t rows_per_strip = UINT64_MAX;
  std::uint64_t tile_width = 0;  // 0: strips
  std::uint64_t tile_height = 0;
  bool values_missing = false;  // a standard tag's values lie beyond the file's end
};

// Reads classic and big TIFFs of both byte orders. Errors: input_truncated, input_corrupt.
Result<TiffDirectory> read_tiff_directory(std::span<const std::byte> encoded);

}  // namespace segfleet
