// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstring>

#include "imaging/encode/encode.h"

namespace segfleet {
namespace {

constexpr std::size_t kHeaderBytes = 54;

void put(std::byte* to, std::size_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace

Status encode_bmp(const Image& image, std::vector<std::byte>& bmp) {
  const auto width = static_cast<std::size_t>(image.size.width);
  const auto height = static_cast<std::size_t>(image.size.height);
  const std::size_t stride = (3 * width + 3) / 4 * 4;
  const std::size_t total = kHeaderBytes + stride * height;
  if (image.size.width < 1 || image.size.height < 1 || total > UINT32_MAX)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a BMP of {}x{} pixels cannot be written", image.size.width, image.size.height)};
  bmp.assign(total, std::byte{0});
  std::memcpy(bmp.data(), "BM", 2);
  put(&bmp[2], total, 4);
  put(&bmp[10], kHeaderBytes, 4);
  put(&bmp[14], 40, 4);  // the size of the rest of the header
  put(&bmp[18], width, 4);
  put(&bmp[22], height, 4);  // positive: the last row comes first
  put(&bmp[26], 1, 2);       // plane
  put(&bmp[28], 24, 2);      // bits a pixel
  put(&bmp[34], stride * height, 4);
  for (std::size_t y = 0; y < height; ++y)
    std::memcpy(&bmp[kHeaderBytes + (height - 1 - y) * stride], image.pixels.data() + y * width * 3,
                3 * width);
  return {};
}

}  // namespace segfleet
