// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <png.h>

#include <array>

#include "add_stage.h"
#include "base/hash.h"
#include "imaging/encode/encode.h"
#include "imaging/masks/count_classes.h"
#include "imaging/masks/restore.h"
#include "inputs.h"

namespace segfleet {
namespace {

void restore(benchmark::State& state, StageInputs& inputs) {
  RestoreOptions options;
  if (inputs.model.output_op == OutputOp::softmax) options.scores = ScoreKind::probabilities;
  RestoredPicture restored;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state) {
    const std::size_t picture = i++ % inputs.outputs.size();
    must(restore_picture(inputs.outputs[picture].view(), inputs.traces[picture], options, restored));
  }
}

void count(benchmark::State& state, const StageInputs& inputs) {
  std::array<std::uint64_t, 256> pixels{};
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state) count_classes(inputs.labels[i++ % inputs.labels.size()], pixels);
}

// With the hash of the file, which the ledger gets.
void encode(benchmark::State& state, const StageInputs& inputs) {
  PngEncoder encoder;
  std::vector<std::byte> png;
  std::size_t i = 0;
  std::size_t bytes = 0;
  for ([[maybe_unused]] auto turn : state) {
    must(encoder.encode(inputs.labels[i++ % inputs.labels.size()], paddleseg_palette(), png));
    benchmark::DoNotOptimize(hash_hex(png));
    bytes += png.size();
  }
  state.counters["bytes"] = double(bytes) / double(state.iterations());
}

void append(png_structp png, png_bytep bytes, png_size_t size) {
  auto& file = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  file.insert(file.end(), begin, begin + size);
}

// libpng with its default level and filters.
void encode_library(benchmark::State& state, StageInputs& inputs) {
  std::vector<std::byte> file;
  std::array<png_color, 256> palette{};
  for (std::size_t c = 0; c < palette.size(); ++c) {
    const std::uint8_t* rgb = paddleseg_palette().data() + 3 * c;
    palette[c] = {rgb[0], rgb[1], rgb[2]};
  }
  std::size_t i = 0;
  std::size_t bytes = 0;
  for ([[maybe_unused]] auto turn : state) {
    LabelMap& map = inputs.labels[i++ % inputs.labels.size()];
    file.clear();
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &file, append, nullptr);
    png_set_IHDR(png, info, png_uint_32(map.size.width), png_uint_32(map.size.height), 8,
                 PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, palette.data(), int(palette.size()));
    png_write_info(png, info);
    for (int y = 0; y < map.size.height; ++y)
      png_write_row(png, map.labels.data() + std::size_t(y) * std::size_t(map.size.width));
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    bytes += file.size();
  }
  state.counters["bytes"] = double(bytes) / double(state.iterations());
}

void overlay(benchmark::State& state, const StageInputs& inputs) {
  Image blended;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state) {
    const std::size_t picture = i++ % inputs.labels.size();
    blend_overlay(inputs.pictures[picture], inputs.labels[picture], paddleseg_palette(), blended);
  }
}

void overlay_jpeg(benchmark::State& state, const StageInputs& inputs) {
  std::vector<std::byte> jpeg;
  std::size_t i = 0;
  for ([[maybe_unused]] auto turn : state)
    must(encode_jpeg(inputs.pictures[i++ % inputs.pictures.size()], 95, jpeg));
}

}  // namespace

void register_mask_stages(StageInputs& inputs) {
  add_stage("restore", restore, inputs, benchmark::kMillisecond);
  add_stage("count", count, inputs, benchmark::kMillisecond);
  add_stage("encode", encode, inputs, benchmark::kMillisecond);
  add_stage("encode/library", encode_library, inputs, benchmark::kMillisecond);
  add_stage("overlay", overlay, inputs, benchmark::kMillisecond);
  add_stage("overlay_jpeg", overlay_jpeg, inputs, benchmark::kMillisecond);
}

}  // namespace segfleet
