// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <jpeglib.h>
#include <png.h>

#include <cstdio>

#include "add_stage.h"
#include "base/file.h"
#include "imaging/decode/decode.h"
#include "imaging/preprocess/preprocess.h"
#include "inputs.h"

namespace segfleet {
namespace {

void read(benchmark::State& state, const StageInputs& inputs) {
  std::vector<std::byte> bytes;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state)
    must(read_file(inputs.paths[i++ % inputs.paths.size()], DecodeLimits{}.max_file_bytes, bytes));
}

void decode(benchmark::State& state, const StageInputs& inputs) {
  Image picture;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state)
    must(decode_image(inputs.encoded[i++ % inputs.encoded.size()], DecodeLimits{}, picture));
}

// As --fast-decode does it where the network takes half of each side.
void decode_half(benchmark::State& state, const StageInputs& inputs) {
  const LeastSize half = [](Size picture) { return Size{picture.width / 2, picture.height / 2}; };
  Image image;
  Size picture;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state)
    must(decode_image_reduced(inputs.encoded[i++ % inputs.encoded.size()], DecodeLimits{}, half, image,
                              picture));
}

// libjpeg(-turbo) as its documentation shows it: no checks, no EXIF.
void decode_jpeg(const std::vector<std::byte>& encoded, Image& picture) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_EXT_BGR;
  jpeg_start_decompress(&info);
  const std::size_t row_bytes = std::size_t{3} * info.output_width;
  picture.pixels.resize(row_bytes * info.output_height);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = picture.pixels.data() + row_bytes * info.output_scanline;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
}

// libpng's simplified API.
void decode_png(const std::vector<std::byte>& encoded, Image& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  png_image_begin_read_from_memory(&image, encoded.data(), encoded.size());
  image.format = PNG_FORMAT_BGR;
  picture.pixels.resize(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0)
    must(Error{ErrorCode::input_corrupt, image.message});
}

void decode_library(benchmark::State& state, const StageInputs& inputs) {
  Image picture;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state) {
    const std::vector<std::byte>& encoded = inputs.encoded[i++ % inputs.encoded.size()];
    if (encoded[0] == std::byte{0xff})
      decode_jpeg(encoded, picture);
    else
      decode_png(encoded, picture);
  }
}

void transform(benchmark::State& state, const StageInputs& inputs) {
  Preprocessor preprocessor(inputs.model.transforms);
  Tensor tensor;
  Trace trace;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state)
    must(preprocessor.run(inputs.pictures[i++ % inputs.pictures.size()], tensor, trace));
}

void infer(benchmark::State& state, StageInputs& inputs) {
  const std::unique_ptr<Engine> engine = load_engine(inputs);
  Tensor output;
  must(engine->infer(0, inputs.tensors[0].view(), output));  // warm up
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state)
    must(engine->infer(0, inputs.tensors[i++ % inputs.tensors.size()].view(), output));
}

}  // namespace

void register_picture_stages(StageInputs& inputs) {
  add_stage("read", read, inputs, benchmark::kMillisecond);
  add_stage("decode", decode, inputs, benchmark::kMillisecond);
  add_stage("decode/half", decode_half, inputs, benchmark::kMillisecond);
  add_stage("decode/library", decode_library, inputs, benchmark::kMillisecond);
  add_stage("transform", transform, inputs, benchmark::kMillisecond);
  add_stage("infer", infer, inputs, benchmark::kMillisecond);
}

}  // namespace segfleet
