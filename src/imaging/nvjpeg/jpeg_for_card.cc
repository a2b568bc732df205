// SPDX-License-Identifier: Apache-2.0
#include "imaging/nvjpeg/jpeg_for_card.h"

#include <cstring>

#include "imaging/decode/jpeg_reader.h"
#include "imaging/decode/picture.h"
#include "imaging/decode/signature.h"

namespace segfleet {
namespace {

constexpr std::uint8_t kMarker = 0xFF;
constexpr std::uint8_t kStuffed = 0x00;  // behind kMarker: a byte 0xFF of the coded pixels
constexpr unsigned kFirstRestart = 0xD0;
constexpr unsigned kRestarts = 8;
constexpr std::uint8_t kEndOfImage = 0xD9;
constexpr int kUpright = 1;

}  // namespace

std::optional<Size> size_for_card(std::span<const std::byte> encoded, const DecodeLimits& limits) {
  if (encoded.size() > limits.max_file_bytes || picture_format(encoded) != PictureFormat::jpeg)
    return std::nullopt;
  JpegReader reader(limits.max_jpeg_scans);
  if (!reader.read_header(encoded) || !reader.is_common() || reader.orientation() != kUpright)
    return std::nullopt;
  const Result<Size> size = checked_size(reader.width(), reader.height(), limits);
  if (!size || !scan_is_whole(reader.first_scan(), reader.restart_markers())) return std::nullopt;
  return *size;
}

bool scan_is_whole(std::span<const std::byte> scan, std::uint64_t restart_markers) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(scan.data());
  const std::uint8_t* const end = at + scan.size();
  std::uint64_t restarts = 0;
  while (at != end) {
    at = static_cast<const std::uint8_t*>(std::memchr(at, kMarker, static_cast<std::size_t>(end - at)));
    if (at == nullptr) return false;
    while (at != end && *at == kMarker) ++at;  // a marker may have several
    if (at == end) return false;
    const std::uint8_t code = *at++;
    if (code == kEndOfImage) return restarts == restart_markers;
    if (code == kStuffed) continue;
    if (code != kFirstRestart + restarts % kRestarts) return false;
    ++restarts;
  }
  return false;
}

}  // namespace segfleet
