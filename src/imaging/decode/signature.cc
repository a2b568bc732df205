// SPDX-License-Identifier: Apache-2.0
#include "imaging/decode/signature.h"

#include <algorithm>
#include <array>

namespace segfleet {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBytesLookedAt = 256;

struct Signature {
  std::size_t at;
  std::string_view bytes;
  std::string_view name;
};

constexpr std::array kForeign = {
    Signature{0, "GIF8"sv, "GIF"},
    Signature{0, "\0\0\0\x0CjP  "sv, "JPEG 2000"},
    Signature{0, "\xFF\x4F\xFF\x51"sv, "JPEG 2000"},
    Signature{0, "\0\0\0\x0CJXL "sv, "JPEG XL"},
    Signature{0, "\xFF\x0A"sv, "JPEG XL"},
    Signature{4, "ftypavif"sv, "AVIF"},
    Signature{4, "ftypavis"sv, "AVIF"},
    Signature{4, "ftyphe"sv, "HEIC"},
    Signature{4, "ftypmif1"sv, "HEIC"},
    Signature{4, "ftypmsf1"sv, "HEIC"},
    Signature{4, "ftyp"sv, "a video"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0, "8BPS"sv, "Photoshop PSD"},
    Signature{0, "\x76\x2F\x31\x01"sv, "OpenEXR"},
    Signature{0, "#?RADIANCE"sv, "Radiance HDR"},
    Signature{0, "#?RGBE"sv, "Radiance HDR"},
    Signature{0, "DDS "sv, "DDS"},
    Signature{0, "\0\0\1\0"sv, "a Windows icon"},
    Signature{0, "\x59\xA6\x6A\x95"sv, "a Sun raster"},
    Signature{0, "\x93NUMPY"sv, "a NumPy array"},
    Signature{0, "PK\3\4"sv, "a ZIP archive"},
    Signature{0, "\x1F\x8B"sv, "a gzip archive"},
    Signature{0, "RIFF"sv, "a RIFF file that is not WebP"},
    Signature{0, "\x1A\x45\xDF\xA3"sv, "a video"},
};

constexpr std::string_view kPng = "\x89PNG\r\n\x1A\n"sv;
constexpr std::string_view kJpeg = "\xFF\xD8\xFF"sv;
constexpr std::array kTiff = {"II\x2A\0"sv, "MM\0\x2A"sv, "II\x2B\0"sv, "MM\0\x2B"sv};

std::string_view head_of(std::span<const std::byte> encoded) {
  return {reinterpret_cast<const char*>(encoded.data()), std::min(encoded.size(), kBytesLookedAt)};
}

bool has(std::string_view head, std::size_t at, std::string_view bytes) {
  return head.size() >= at && head.substr(at).starts_with(bytes);
}

bool is_text(std::string_view head) {
  return std::ranges::all_of(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

bool is_netpbm(std::string_view head) {
  return head.size() >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7' &&
         (head[2] == '\n' || head[2] == ' ');
}

}  // namespace

PictureFormat picture_format(std::span<const std::byte> encoded) {
  const std::string_view head = head_of(encoded);
  if (head.starts_with(kJpeg)) return PictureFormat::jpeg;
  if (head.starts_with(kPng)) return PictureFormat::png;
  if (head.starts_with("BM"sv)) return PictureFormat::bmp;
  if (head.starts_with("RIFF"sv) && has(head, 8, "WEBP"sv)) return PictureFormat::webp;
  if (std::ranges::any_of(kTiff, [&](std::string_view mark) { return head.starts_with(mark); }))
    return PictureFormat::tiff;
  return PictureFormat::other;
}

bool is_start_of_signature(std::span<const std::byte> encoded) {
  const std::string_view head = head_of(encoded);
  if (kPng.starts_with(head) || kJpeg.starts_with(head) || "BM"sv.starts_with(head)) return true;
  if (head.size() < 12 && "RIFF"sv.starts_with(head.substr(0, 4)) &&
      (head.size() <= 8 || "WEBP"sv.starts_with(head.substr(8))))
    return true;
  return std::ranges::any_of(kTiff, [&](std::string_view mark) { return mark.starts_with(head); });
}

std::string_view resembles(std::span<const std::byte> encoded) {
  const std::string_view head = head_of(encoded);
  for (const Signature& foreign : kForeign)
    if (has(head, foreign.at, foreign.bytes)) return foreign.name;
  if (is_netpbm(head)) return "Netpbm (PPM, PGM, PBM)";
  if (head.find("<svg") != std::string_view::npos) return "SVG";
  if (head.starts_with("<!DOCTYPE html") || head.starts_with("<!doctype html") || head.starts_with("<html"))
    return "a web page";
  if (head.starts_with("<?xml")) return "XML";
  if (is_text(head)) return "text";
  return "no picture format";
}

}  // namespace segfleet
