// SPDX-License-Identifier: Apache-2.0
// Runs one mask operation for masks_test.py: pixels from standard input, result to standard output.
//   palette | png W H | overlay W H | jpeg W H QUALITY | resize [W H TO_W TO_H]... | count W H
//   restore u8|i32|i64|f32 CLASSES H W [resize:WxH|padding:WxH]...
//     (the trace, in the order of the transforms)
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "imaging/masks/count_classes.h"
#include "imaging/masks/encode.h"
#include "imaging/masks/picture_resizer.h"
#include "imaging/masks/restore.h"

namespace segfleet {
namespace {

using Words = std::vector<std::string>;

std::vector<std::uint8_t> read_input() {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> chunk(1 << 20);
  while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), stdin)) {
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return bytes;
}

void write_output(const void* bytes, std::size_t count) {
  std::fwrite(bytes, 1, count, stdout);
}

int number(const std::string& word) {
  return std::atoi(word.c_str());
}

int finish(const Status& status, const void* bytes, std::size_t count) {
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", name_of(status.error().code).data(), status.error().message.c_str());
    return 1;
  }
  write_output(bytes, count);
  return 0;
}

TraceEntry entry_of(const std::string& word) {
  const std::size_t colon = word.find(':');
  const std::size_t cross = word.find('x', colon);
  const Size size{number(word.substr(colon + 1)), number(word.substr(cross + 1))};
  if (word.starts_with("resize")) return ResizedFrom{size};
  return PaddedFrom{size};
}

int restore(const Words& words) {
  std::vector<std::uint8_t> bytes = read_input();
  const std::string& name = words[1];
  TensorView view{bytes.data(), ElementType::f32, {number(words[2]), number(words[3]), number(words[4])}};
  if (name == "u8") view.type = ElementType::u8;
  if (name == "i32") view.type = ElementType::i32;
  if (name == "i64") view.type = ElementType::i64;
  Trace trace;
  for (std::size_t i = 5; i < words.size(); ++i) trace.push_back(entry_of(words[i]));
  LabelMap labels;
  const Status status = restore_labels(view, trace, labels);
  return finish(status, labels.labels.data(), labels.labels.size());
}

// Labels and the picture of an overlay arrive one after the other.
int overlay(Size size) {
  const std::vector<std::uint8_t> bytes = read_input();
  const auto pixels = static_cast<std::ptrdiff_t>(size.width) * size.height;
  const LabelMap labels{size, {bytes.begin(), bytes.begin() + pixels}};
  const Image picture{size, {bytes.begin() + pixels, bytes.end()}};
  Image blended;
  blend_overlay(picture, labels, paddleseg_palette(), blended);
  return finish({}, blended.pixels.data(), blended.pixels.size());
}

int encode(const std::string& kind, Size size, const Words& words) {
  std::vector<std::byte> file;
  if (kind == "png") {
    const Status status = PngEncoder().encode({size, read_input()}, paddleseg_palette(), file);
    return finish(status, file.data(), file.size());
  }
  const Status status = encode_jpeg({size, read_input()}, number(words[3]), file);
  return finish(status, file.data(), file.size());
}

int count(Size size) {
  std::array<std::uint64_t, 256> counts{};
  count_classes({size, read_input()}, counts);
  return finish({}, counts.data(), sizeof counts);
}

// The pictures arrive one after the other; one resizer serves them all.
int resize(const Words& words) {
  const std::vector<std::uint8_t> bytes = read_input();
  auto at = bytes.begin();
  PictureResizer resizer;
  Image resized;
  for (std::size_t i = 1; i + 3 < words.size(); i += 4) {
    Image image{{number(words[i]), number(words[i + 1])}, {}};
    image.pixels.assign(at, at + std::ptrdiff_t{3} * image.size.width * image.size.height);
    at += static_cast<std::ptrdiff_t>(image.pixels.size());
    resizer.resize(image, {number(words[i + 2]), number(words[i + 3])}, resized);
    write_output(resized.pixels.data(), resized.pixels.size());
  }
  return 0;
}

int run(const Words& words) {
  if (words[0] == "palette") return finish({}, paddleseg_palette().data(), paddleseg_palette().size());
  if (words[0] == "restore") return restore(words);
  if (words[0] == "resize") return resize(words);
  const Size size{number(words[1]), number(words[2])};
  if (words[0] == "overlay") return overlay(size);
  if (words[0] == "count") return count(size);
  return encode(words[0], size, words);
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  return segfleet::run({argv + 1, argv + argc});
}
