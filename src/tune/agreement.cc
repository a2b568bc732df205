// SPDX-License-Identifier: Apache-2.0
#include "tune/agreement.h"

#include <cstring>

#include "base/file.h"
#include "imaging/decode/decode.h"

namespace segfleet {
namespace {

constexpr std::size_t kChannels = 3;

std::size_t equal_pixels(const Image& a, const Image& b) {
  if (a.size.width != b.size.width || a.size.height != b.size.height) return 0;
  std::size_t equal = 0;
  for (std::size_t at = 0; at < a.pixels.size(); at += kChannels)
    equal += std::memcmp(&a.pixels[at], &b.pixels[at], kChannels) == 0 ? 1 : 0;
  return equal;
}

}  // namespace

Result<Agreement> agreement_of(const std::filesystem::path& masks, const std::filesystem::path& reference,
                               const std::vector<std::string>& stems) {
  Agreement agreement;
  std::size_t pixels = 0;
  std::size_t equal = 0;
  const DecodeLimits limits;
  std::vector<std::byte> bytes;
  Image here;
  Image there;
  for (const std::string& stem : stems) {
    const std::string name = stem + ".png";
    if (!std::filesystem::exists(masks / name) || !std::filesystem::exists(reference / name)) continue;
    SEGFLEET_RETURN_IF_ERROR(read_file(masks / name, limits.max_file_bytes, bytes));
    SEGFLEET_RETURN_IF_ERROR(decode_image(bytes, limits, here));
    SEGFLEET_RETURN_IF_ERROR(read_file(reference / name, limits.max_file_bytes, bytes));
    SEGFLEET_RETURN_IF_ERROR(decode_image(bytes, limits, there));
    ++agreement.pictures;
    pixels += there.pixels.size() / kChannels;
    equal += equal_pixels(here, there);
  }
  if (pixels > 0) agreement.share = static_cast<double>(equal) / static_cast<double>(pixels);
  return agreement;
}

}  // namespace segfleet
