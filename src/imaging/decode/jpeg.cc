// SPDX-License-Identifier: Apache-2.0
// JPEG, equal to OpenCV 4.8.1 with libjpeg-turbo 2.1.3 (accurate integer DCT, fancy upsampling: libjpeg's
// defaults). Debian's 2.1.5 gives the same bytes for every sampling,
// scan order and entropy coding in tests/decode.
#include "imaging/decode/codecs.h"
#include "imaging/decode/jpeg_reader.h"
#include "imaging/decode/orient.h"
#include "imaging/decode/picture.h"

namespace segfleet {
namespace {

// Each as fast in libjpeg-turbo as its full scale; others are slower. Whole sides are compared, so that
// nothing has to be enlarged: 1023 pixels are not twice 512.
int reduction(Size picture, Size least) {
  for (const int times : {8, 4, 2})
    if (picture.width >= times * least.width && picture.height >= times * least.height) return times;
  return 1;
}

}  // namespace

Status decode_jpeg(std::span<const std::byte> encoded, const DecodeLimits& limits, const LeastSize& least,
                   Image& image, Size& picture) {
  JpegReader reader(limits.max_jpeg_scans);
  if (!reader.read_header(encoded)) return reader.error();
  const Result<Size> size = checked_size(reader.width(), reader.height(), limits);
  if (!size) return size.error();
  if (reader.least_bits() / 8 > encoded.size())
    return truncated_picture("JPEG", "too few bytes for its size");
  const int orientation = reader.orientation();
  picture = turned(orientation, *size);
  Size stored = *size;
  if (const int times = least ? reduction(picture, least(picture)) : 1; times > 1) {
    if (!reader.reduce(times)) return reader.error();
    stored = reader.reduced();
  }
  resize_image(image, stored);
  if (!reader.read_pixels(image.pixels.data())) return reader.error();
  apply_orientation(orientation, image);
  return {};
}

}  // namespace segfleet
