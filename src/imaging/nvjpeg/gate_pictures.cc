// SPDX-License-Identifier: Apache-2.0
#include "imaging/nvjpeg/gate_pictures.h"

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>

#include "segfleet/image.h"

namespace segfleet {
namespace {

constexpr int kQuality = 90;

struct Kind {
  std::string_view name;
  int width_factor;  // of luma; of chroma 1
  int height_factor;
  bool grey;
  Size size;
};
constexpr Kind kKinds[] = {{"4:4:4", 1, 1, false, {83, 61}},
                           {"4:2:2", 2, 1, false, {131, 77}},
                           {"4:2:0", 2, 2, false, {149, 117}},
                           {"grey", 1, 1, true, {67, 101}}};

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

struct Escape {
  jpeg_error_mgr base;  // first: libjpeg hands back its address
  std::jmp_buf back;
};
[[noreturn]] void leave(j_common_ptr jpeg) {
  std::longjmp(reinterpret_cast<Escape*>(jpeg->err)->back, 1);
}
void stay_silent(j_common_ptr) {}

// Nothing in here has a destructor: libjpeg's errors leave by longjmp.
bool compress(const Image& image, const Kind& kind, jpeg_compress_struct& jpeg, Escape& escape,
              unsigned char** bytes, unsigned long* count) {
  if (setjmp(escape.back) != 0) return false;
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, bytes, count);
  jpeg.image_width = static_cast<JDIMENSION>(image.size.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.size.height);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_EXT_BGR;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, kQuality, TRUE);
  if (kind.grey) jpeg_set_colorspace(&jpeg, JCS_GRAYSCALE);
  jpeg.comp_info[0].h_samp_factor = kind.width_factor;
  jpeg.comp_info[0].v_samp_factor = kind.height_factor;
  jpeg_start_compress(&jpeg, TRUE);
  const std::size_t row_bytes = std::size_t(image.size.width) * 3;
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.pixels.data() + jpeg.next_scanline * row_bytes);  // read only
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

Result<std::vector<std::byte>> encoded(const Image& image, const Kind& kind) {
  Escape escape{};
  jpeg_compress_struct jpeg{};
  jpeg.err = jpeg_std_error(&escape.base);
  escape.base.error_exit = leave;
  escape.base.output_message = stay_silent;
  unsigned char* bytes = nullptr;  // libjpeg's, by malloc
  unsigned long count = 0;
  const bool written = compress(image, kind, jpeg, escape, &bytes, &count);
  jpeg_destroy_compress(&jpeg);
  const std::unique_ptr<unsigned char, decltype(&std::free)> owned(bytes, &std::free);
  if (!written) return Error{ErrorCode::out_of_memory, "no memory to write a small JPEG"};
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  return std::vector<std::byte>(first, first + count);
}

}  // namespace

Result<std::vector<GatePicture>> gate_pictures() {
  std::vector<GatePicture> pictures;
  for (const Kind& kind : kKinds) {
    Result<std::vector<std::byte>> jpeg = encoded(drawn(kind.size), kind);
    SEGFLEET_RETURN_IF_ERROR(jpeg);
    pictures.push_back({kind.name, std::move(jpeg).value()});
  }
  return pictures;
}

}  // namespace segfleet
