// SPDX-License-Identifier: Apache-2.0
// Any bytes: an error or a picture of the size that it says, never more memory than the limits allow. Seeds
// are made by decode_seeds.py. A 64th of the inputs is decoded into a picture that was used before, as
// workers do.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "imaging/decode/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static segfleet::Image reused;
  segfleet::DecodeLimits limits;
  limits.max_pixels = 1 << 18;
  limits.max_jpeg_scans = 20;
  segfleet::Image fresh;
  segfleet::Image& image = size % 64 == 0 ? reused : fresh;
  const segfleet::Status status = segfleet::decode_image(std::as_bytes(std::span(data, size)), limits, image);
  if (!status) {
    if (status.error().message.empty()) std::abort();
    return 0;
  }
  const auto pixels =
      static_cast<std::uint64_t>(image.size.width) * static_cast<std::uint64_t>(image.size.height);
  if (pixels == 0 || pixels > limits.max_pixels || image.pixels.size() != pixels * 3) std::abort();
  return 0;
}
