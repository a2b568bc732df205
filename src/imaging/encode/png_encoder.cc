// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "imaging/encode/encode.h"
#include "imaging/encode/run_deflate.h"

namespace segfleet {
namespace {

// Label maps repeat the row above nearly everywhere: filter Up leaves long runs of zeros, for which
// RunDeflater is made. Where runs do not pay (noise, fine patterns), as for other pictures, libdeflate's
// level 2 packs in a quarter of the time of zlib's level 6 over unfiltered rows.
constexpr int kCompressionLevel = 2;
constexpr std::byte kFilterNone{0};
constexpr std::byte kFilterUp{2};
constexpr std::size_t kMaxChunkBytes = 0x7FFFFFFF;

void put_u32(std::vector<std::byte>& png, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) png.push_back(static_cast<std::byte>(value >> shift));
}

void put(std::vector<std::byte>& png, const void* bytes, std::size_t count) {
  const auto* first = static_cast<const std::byte*>(bytes);
  png.insert(png.end(), first, first + count);
}

// Length, type, data, CRC-32 over type and data.
void put_chunk(std::vector<std::byte>& png, const char* type, const void* data, std::size_t count) {
  put_u32(png, static_cast<std::uint32_t>(count));
  const std::size_t start = png.size();
  put(png, type, 4);
  put(png, data, count);
  put_u32(png, libdeflate_crc32(0, png.data() + start, png.size() - start));
}

void put_header(std::vector<std::byte>& png, Size size, int channels, bool has_palette) {
  constexpr std::array<unsigned char, 8> kSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  put(png, kSignature.data(), kSignature.size());
  // Width, height, 8 bits, palette, colour or grey, deflate, adaptive filters, not interlaced.
  const unsigned char kind = has_palette ? 3 : channels == 3 ? 2 : 0;
  std::array<unsigned char, 13> header{0, 0, 0, 0, 0, 0, 0, 0, 8, kind, 0, 0, 0};
  for (int i = 0; i < 4; ++i) {
    header[i] = static_cast<unsigned char>(size.width >> (24 - 8 * i));
    header[4 + i] = static_cast<unsigned char>(size.height >> (24 - 8 * i));
  }
  put_chunk(png, "IHDR", header.data(), header.size());
}

void filter_rows(Size size, int channels, const std::uint8_t* pixels, std::vector<std::byte>& rows) {
  const auto width = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels);
  const auto height = static_cast<std::size_t>(size.height);
  rows.resize((width + 1) * height);
  rows[0] = kFilterNone;
  std::memcpy(rows.data() + 1, pixels, width);
  for (std::size_t y = 1; y < height; ++y) {
    std::byte* row = rows.data() + y * (width + 1);
    const std::uint8_t* current = pixels + y * width;
    const std::uint8_t* above = current - width;
    row[0] = kFilterUp;
    for (std::size_t x = 0; x < width; ++x) row[1 + x] = static_cast<std::byte>(current[x] - above[x]);
  }
}

}  // namespace

struct PngEncoder::Compressor {
  struct Free {
    void operator()(libdeflate_compressor* p) const { libdeflate_free_compressor(p); }
  };
  std::unique_ptr<libdeflate_compressor, Free> handle{libdeflate_alloc_compressor(kCompressionLevel)};
  RunDeflater runs;
};

PngEncoder::PngEncoder() : compressor_(std::make_unique<Compressor>()) {
  if (!compressor_->handle) throw std::bad_alloc();
}
PngEncoder::~PngEncoder() = default;
PngEncoder::PngEncoder(PngEncoder&&) noexcept = default;
PngEncoder& PngEncoder::operator=(PngEncoder&&) noexcept = default;

Status PngEncoder::encode(const LabelMap& labels, const Palette& palette, std::vector<std::byte>& png) {
  return encode(labels.size, 1, labels.labels.data(), &palette, png);
}

Status PngEncoder::encode(const ConfidenceMap& confidence, std::vector<std::byte>& png) {
  return encode(confidence.size, 1, confidence.levels.data(), nullptr, png);
}

Status PngEncoder::encode(const Image& image, std::vector<std::byte>& png) {
  rgb_.resize(image.pixels.size());
  for (std::size_t i = 0; i + 2 < rgb_.size(); i += 3) {
    rgb_[i] = image.pixels[i + 2];
    rgb_[i + 1] = image.pixels[i + 1];
    rgb_[i + 2] = image.pixels[i];
  }
  return encode(image.size, 3, rgb_.data(), nullptr, png);
}

Status PngEncoder::encode(Size size, int channels, const std::uint8_t* pixels, const Palette* palette,
                          std::vector<std::byte>& png) {
  const auto [width, height] = size;
  if (width < 1 || height < 1)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a PNG of {}x{} pixels cannot be written", width, height)};
  libdeflate_compressor* compressor = compressor_->handle.get();
  const std::size_t row_bytes = (std::size_t(width) * std::size_t(channels) + 1) * std::size_t(height);
  const std::size_t bound = libdeflate_zlib_compress_bound(compressor, row_bytes);
  if (bound > kMaxChunkBytes)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a map of {}x{} pixels is too large for one PNG chunk", width, height)};
  filter_rows(size, channels, pixels, rows_);
  std::size_t compressed_bytes = palette != nullptr ? compressor_->runs.deflate(rows_, compressed_) : 0;
  if (compressed_bytes == 0) {
    if (compressed_.size() < bound) compressed_.resize(bound);
    compressed_bytes = libdeflate_zlib_compress(compressor, rows_.data(), rows_.size(), compressed_.data(),
                                                compressed_.size());
  }
  png.clear();
  // One PNG is like another of its size, so this seldom grows. The other chunks take less than 1024 bytes.
  png.reserve(std::max(std::bit_ceil(compressed_bytes + 1024), row_bytes / 8));
  put_header(png, size, channels, palette != nullptr);
  if (palette != nullptr) put_chunk(png, "PLTE", palette->data(), palette->size());
  put_chunk(png, "IDAT", compressed_.data(), compressed_bytes);
  put_chunk(png, "IEND", nullptr, 0);
  return {};
}

}  // namespace segfleet
