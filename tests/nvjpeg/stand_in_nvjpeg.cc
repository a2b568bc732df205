// SPDX-License-Identifier: Apache-2.0
// Stands for nvJPEG: libjpeg-turbo decodes, and what is broken it takes without a word, as nvJPEG may. Where
// interpolated upsampling is not asked for, chroma is repeated. Read anew at each call:
// $STAND_IN_NVJPEG_SHIFT: grey levels by which all pixels are too light.
// $STAND_IN_NVJPEG_STATUS: what nvjpegDecode() says instead of decoding; after a failure that is not the
// file's its state is of no more use. $STAND_IN_NVJPEG_VERSION: "12.0.1"; unset: 13.3.2.
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <jpeglib.h>

#include "imaging/nvjpeg/nvjpeg_api.h"

namespace segfleet::nvjpeg {
struct Handle {
  unsigned flags;
};
struct State {
  bool broken = false;
};
}  // namespace segfleet::nvjpeg

namespace {

using namespace segfleet::nvjpeg;

constexpr Return kInvalidParameter = 2;
constexpr Return kInternalError = 8;

struct Escape {
  jpeg_error_mgr base;  // first: libjpeg hands back its address
  std::jmp_buf back;
};
[[noreturn]] void leave(j_common_ptr jpeg) {
  std::longjmp(reinterpret_cast<Escape*>(jpeg->err)->back, 1);
}
void stay_silent(j_common_ptr) {}
void take_it(j_common_ptr, int) {}

int number(const char* variable, int unset) {
  const char* text = std::getenv(variable);
  return text == nullptr ? unset : std::atoi(text);
}

Return decode_rows(jpeg_decompress_struct& jpeg, Escape& escape, const std::uint8_t* data, std::size_t bytes,
                   bool interpolated, Image& image) {
  if (setjmp(escape.back) != 0) return kBadJpeg;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, data, bytes);
  jpeg_read_header(&jpeg, TRUE);
  if (jpeg.num_components == 4) return kJpegNotSupported;
  jpeg.out_color_space = JCS_EXT_BGR;
  jpeg.do_fancy_upsampling = interpolated ? TRUE : FALSE;
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = image.channel[0] + jpeg.output_scanline * image.pitch[0];
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  return kSuccess;
}

void shift(const Image& image, unsigned width, unsigned height) {
  const int levels = number("STAND_IN_NVJPEG_SHIFT", 0);
  for (unsigned y = 0; y < height; ++y) {
    std::uint8_t* row = image.channel[0] + y * image.pitch[0];
    for (unsigned i = 0; i < 3 * width; ++i)
      row[i] = static_cast<std::uint8_t>(std::min(255, row[i] + levels));
  }
}

}  // namespace

extern "C" {
Return nvjpegGetProperty(int property, int* value) {
  const char* version = std::getenv("STAND_IN_NVJPEG_VERSION");
  int numbers[3] = {13, 3, 2};
  if (version != nullptr) std::sscanf(version, "%d.%d.%d", numbers, numbers + 1, numbers + 2);
  *value = numbers[property];
  return kSuccess;
}
Return nvjpegCreateEx(int backend, void* on_card, void* pinned, unsigned flags, Handle** handle) {
  if (backend != kDefaultBackend || on_card != nullptr || pinned != nullptr) return kInvalidParameter;
  *handle = new Handle{flags};
  return kSuccess;
}
Return nvjpegDestroy(Handle* handle) {
  delete handle;
  return kSuccess;
}
Return nvjpegJpegStateCreate(Handle* /*handle*/, State** state) {
  *state = new State;
  return kSuccess;
}
Return nvjpegJpegStateDestroy(State* state) {
  delete state;
  return kSuccess;
}
Return nvjpegDecode(Handle* handle, State* state, const std::uint8_t* data, std::size_t bytes, int format,
                    Image* image, segfleet::cuda::Stream* /*stream*/) {
  if (format != kInterleavedBgr) return kInvalidParameter;
  if (state->broken) return kInternalError;
  if (const int status = number("STAND_IN_NVJPEG_STATUS", kSuccess); status != kSuccess) {
    state->broken = status >= kAllocatorFailure && status <= kInternalError;
    return status;
  }
  Escape escape{};
  jpeg_decompress_struct jpeg{};
  jpeg.err = jpeg_std_error(&escape.base);
  escape.base.error_exit = leave;
  escape.base.output_message = stay_silent;
  escape.base.emit_message = take_it;
  const bool interpolated = (handle->flags & kInterpolatedUpsampling) != 0;
  const Return code = decode_rows(jpeg, escape, data, bytes, interpolated, *image);
  if (code == kSuccess) shift(*image, jpeg.output_width, jpeg.output_height);
  jpeg_destroy_decompress(&jpeg);
  return code;
}
}
