// SPDX-License-Identifier: Apache-2.0
#include "imaging/nvjpeg/gate_pictures.h"

#include <cstdint>

#include "imaging/encode/encode.h"
#include "segfleet/image.h"

namespace segfleet {
namespace {

constexpr int kQuality = 90;

struct Kind {
  std::string_view name;
  Chroma chroma;
  Size size;
};
constexpr Kind kKinds[] = {{"4:4:4", Chroma::yuv444, {83, 61}},
                           {"4:2:2", Chroma::yuv422, {131, 77}},
                           {"4:2:0", Chroma::yuv420, {149, 117}},
                           {"grey", Chroma::none, {67, 101}}};

// Blue-green-red. Blue and red go up and down against each other; bars of 11 pixels are lighter; in the
// middle lies a patch of another colour, whose edges fall within the squares that share one chroma value.
Image drawn(Size size) {
  Image image{size, {}};
  image.pixels.reserve(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const int slope = 120 * x / size.width;
      const int bar = x / 11 % 2 == 0 ? 0 : 40;
      const bool patch =
          4 * x > size.width && 4 * x < 3 * size.width && 4 * y > size.height && 4 * y < 3 * size.height;
      const int blue = patch ? 200 : 40 + slope + bar;
      const int green = 60 + 110 * y / size.height + bar;
      const int red = patch ? 50 : 180 - slope + bar;
      for (const int level : {blue, green, red}) image.pixels.push_back(static_cast<std::uint8_t>(level));
    }
  return image;
}

}  // namespace

Result<std::vector<GatePicture>> gate_pictures() {
  std::vector<GatePicture> pictures;
  for (const Kind& kind : kKinds) {
    GatePicture picture{kind.name, {}};
    SEGFLEET_RETURN_IF_ERROR(encode_jpeg(drawn(kind.size), kQuality, picture.jpeg, kind.chroma));
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

}  // namespace segfleet
