// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <new>

#include <jerror.h>
#include <jpeglib.h>

#include "imaging/encode/encode.h"

namespace segfleet {
namespace {

constexpr std::size_t kFirstBytes = 64U << 10;
constexpr int kMaxSide = JPEG_MAX_DIMENSION;

// libjpeg writes into a vector through this; it grows by doubling and keeps its memory for the next picture.
struct VectorDestination {
  jpeg_destination_mgr base;  // first: libjpeg hands back its address
  std::vector<std::byte>* bytes;
};

VectorDestination& destination_of(j_compress_ptr jpeg) {
  return *reinterpret_cast<VectorDestination*>(jpeg->dest);
}

void offer(VectorDestination& destination, std::size_t used) {
  destination.base.next_output_byte = reinterpret_cast<JOCTET*>(destination.bytes->data() + used);
  destination.base.free_in_buffer = destination.bytes->size() - used;
}

bool grow(std::vector<std::byte>& bytes, std::size_t size) {
  try {
    bytes.resize(size);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void start_output(j_compress_ptr jpeg) {
  offer(destination_of(jpeg), 0);
}

boolean full(j_compress_ptr jpeg) {
  VectorDestination& destination = destination_of(jpeg);
  const std::size_t used = destination.bytes->size();
  if (!grow(*destination.bytes, 2 * used)) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
  offer(destination, used);
  return TRUE;
}

void end_output(j_compress_ptr jpeg) {
  VectorDestination& destination = destination_of(jpeg);
  destination.bytes->resize(destination.bytes->size() - destination.base.free_in_buffer);
}

struct ErrorJump {
  jpeg_error_mgr base;  // first: libjpeg hands back its address
  std::jmp_buf back;
};

[[noreturn]] void jump_back(j_common_ptr jpeg) {
  std::longjmp(reinterpret_cast<ErrorJump*>(jpeg->err)->back, 1);
}
void stay_silent(j_common_ptr) {}

// Nothing in here has a destructor: libjpeg's errors leave by longjmp.
bool compress(const Image& image, int quality, Chroma chroma, VectorDestination& destination,
              jpeg_compress_struct& jpeg, ErrorJump& errors) {
  if (setjmp(errors.back) != 0) return false;
  jpeg_create_compress(&jpeg);
  jpeg.dest = &destination.base;
  jpeg.image_width = static_cast<JDIMENSION>(image.size.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.size.height);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_EXT_BGR;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  if (chroma == Chroma::none) jpeg_set_colorspace(&jpeg, JCS_GRAYSCALE);
  // Of luma; chroma has 1 each. libjpeg's own defaults are those of 4:2:0.
  jpeg.comp_info[0].h_samp_factor = chroma == Chroma::yuv420 || chroma == Chroma::yuv422 ? 2 : 1;
  jpeg.comp_info[0].v_samp_factor = chroma == Chroma::yuv420 ? 2 : 1;
  jpeg_start_compress(&jpeg, TRUE);
  const std::size_t row_bytes = std::size_t(image.size.width) * 3;
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.pixels.data() + jpeg.next_scanline * row_bytes);  // read only
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

Status encode_jpeg(const Image& image, int quality, std::vector<std::byte>& jpeg_bytes, Chroma chroma) {
  const auto [width, height] = image.size;
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a JPEG of {}x{} pixels cannot be written: each side must "
                             "be 1 to {}",
                             width, height, kMaxSide)};
  if (quality < 1 || quality > 100)
    return Error{ErrorCode::invalid_argument, fmt::format("JPEG quality {} is not in 1 to 100", quality)};
  jpeg_bytes.resize(std::max(jpeg_bytes.capacity(), kFirstBytes));
  ErrorJump errors{};
  VectorDestination destination{{nullptr, 0, start_output, full, end_output}, &jpeg_bytes};
  jpeg_compress_struct jpeg{};
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = jump_back;
  errors.base.output_message = stay_silent;
  const bool written = compress(image, quality, chroma, destination, jpeg, errors);
  jpeg_destroy_compress(&jpeg);
  if (!written)
    return Error{ErrorCode::out_of_memory,
                 fmt::format("no memory to write a JPEG of {}x{} pixels", width, height)};
  return {};
}

}  // namespace segfleet
