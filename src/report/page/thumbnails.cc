// SPDX-License-Identifier: Apache-2.0
#include "report/page/thumbnails.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/file.h"
#include "imaging/decode/decode.h"
#include "imaging/encode/encode.h"
#include "imaging/preprocess/picture_resizer.h"
#include "report/page/base64.h"

namespace segfleet {
namespace {

constexpr int kMaxSide = 320;  // pixels
constexpr int kQuality = 80;
constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;  // of all together, encoded

// A report must not need more memory than a worker: huge pictures are passed over.
DecodeLimits limits() {
  DecodeLimits limits;
  limits.max_file_bytes = std::uint64_t{128} << 20U;
  limits.max_pixels = std::uint64_t{64} << 20U;
  return limits;
}

Size thumbnail_size(Size size) {
  const int side = std::max(size.width, size.height);
  if (side <= kMaxSide) return size;
  const auto scaled = [&](int length) {
    return std::max(1, static_cast<int>(std::int64_t{length} * kMaxSide / side));
  };
  return {scaled(size.width), scaled(size.height)};
}

Status read_picture(const std::filesystem::path& path, Image& image) {
  std::vector<std::byte> bytes;
  SEGFLEET_RETURN_IF_ERROR(read_file(path, limits().max_file_bytes, bytes));
  return decode_image(bytes, limits(), image);
}

// By halves first, each pixel the mean of four: bilinear alone would leave pixels out.
Image shrink(Image image, Size target) {
  PictureResizer resizer;
  Image next;
  while (image.size.width >= 2 * target.width && image.size.height >= 2 * target.height &&
         image.size.width % 2 == 0 && image.size.height % 2 == 0) {
    resizer.resize(image, {image.size.width / 2, image.size.height / 2}, next);
    std::swap(image, next);
  }
  if (image.size == target) return image;
  resizer.resize(image, target, next);
  return next;
}

// The class of each pixel, told by its colour in the palette; the nearest pixel's.
LabelMap shrink_mask(const Image& mask, Size target) {
  std::map<std::array<std::uint8_t, 3>, std::uint8_t> class_of;
  const Palette& palette = paddleseg_palette();
  for (std::size_t i = 256; i-- > 0;)
    class_of[{palette[3 * i + 2], palette[3 * i + 1], palette[3 * i]}] = static_cast<std::uint8_t>(i);
  LabelMap labels{target, {}};
  labels.labels.reserve(static_cast<std::size_t>(target.width) * static_cast<std::size_t>(target.height));
  for (int y = 0; y < target.height; ++y) {
    const std::int64_t row = std::int64_t{y} * mask.size.height / target.height * mask.size.width;
    for (int x = 0; x < target.width; ++x) {
      const std::int64_t pixel = row + std::int64_t{x} * mask.size.width / target.width;
      const std::uint8_t* bgr = mask.pixels.data() + 3 * pixel;
      labels.labels.push_back(class_of[{bgr[0], bgr[1], bgr[2]}]);
    }
  }
  return labels;
}

Result<Thumbnail> make_thumbnail(const ItemRecord& item, const OutputLayout& layout) {
  Image picture;
  Image mask;
  SEGFLEET_RETURN_IF_ERROR(read_picture(layout.mask(item.stem), mask));
  SEGFLEET_RETURN_IF_ERROR(read_picture(item.path, picture));
  const Size size = thumbnail_size(picture.size);
  picture = shrink(std::move(picture), size);
  Image overlay;
  blend_overlay(picture, shrink_mask(mask, size), paddleseg_palette(), overlay);
  std::vector<std::byte> jpeg;
  SEGFLEET_RETURN_IF_ERROR(encode_jpeg(overlay, kQuality, jpeg));
  return Thumbnail{item.input, "data:image/jpeg;base64," + base64(jpeg), size};
}

}  // namespace

Thumbnails make_thumbnails(const std::vector<ItemRecord>& items, const OutputLayout& layout) {
  Thumbnails made;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items.size() && i < kThumbnails; ++i) {
    Result<Thumbnail> thumbnail = make_thumbnail(items[i], layout);
    if (!thumbnail.ok()) {
      if (made.missing++ == 0) made.why_missing = thumbnail.error().message;
      continue;
    }
    bytes += thumbnail->data_uri.size();
    if (bytes > kMaxBytes) break;
    made.pictures.push_back(std::move(*thumbnail));
  }
  return made;
}

}  // namespace segfleet
