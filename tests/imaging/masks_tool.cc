// SPDX-License-Identifier: Apache-2.0
// Runs one mask operation for masks_test.py: pixels from standard input, result to standard output.
//   palette | png W H | overlay W H | jpeg W H QUALITY | resize [W H TO_W TO_H]... | count W H
//   restore u8|i32|i64|f32 CLASSES H W [resize:WxH|padding:WxH]...
//     (the trace, in the order of the transforms)
//   probable logits|probabilities CONFIDENCE MIN_CONFIDENCE UNKNOWN THRESHOLD f32 CLASSES H W [...]
//     (THRESHOLD 0: none; gives the labels, then, where CONFIDENCE is 1, the levels)
//   several logits|probabilities THRESHOLD f32 CLASSES H W [...]
//   grey W H
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "imaging/encode/encode.h"
#include "imaging/masks/count_classes.h"
#include "imaging/masks/restore.h"
#include "imaging/preprocess/picture_resizer.h"

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

// What the words from `first` on say of the network's output.
struct Output {
  std::vector<std::uint8_t> bytes;
  TensorView view;
  Trace trace;
};

Output read_output(const Words& words, std::size_t first) {
  Output output{read_input(), {}, {}};
  const std::string& name = words[first];
  output.view = {output.bytes.data(),
                 ElementType::f32,
                 {number(words[first + 1]), number(words[first + 2]), number(words[first + 3])}};
  if (name == "u8") output.view.type = ElementType::u8;
  if (name == "i32") output.view.type = ElementType::i32;
  if (name == "i64") output.view.type = ElementType::i64;
  for (std::size_t i = first + 4; i < words.size(); ++i) output.trace.push_back(entry_of(words[i]));
  return output;
}

int restore(const Words& words) {
  const Output output = read_output(words, 1);
  LabelMap labels;
  const Status status = restore_labels(output.view, output.trace, labels);
  return finish(status, labels.labels.data(), labels.labels.size());
}

ScoreKind kind_of(const std::string& word) {
  return word == "probabilities" ? ScoreKind::probabilities : ScoreKind::logits;
}

float fraction(const std::string& word) {
  return std::strtof(word.c_str(), nullptr);
}

int probable(const Words& words) {
  RestoreOptions options;
  options.scores = kind_of(words[1]);
  options.confidence = words[2] == "1";
  options.min_confidence = fraction(words[3]);
  options.unknown_class = static_cast<std::uint8_t>(number(words[4]));
  if (words[5] != "0") options.threshold = fraction(words[5]);
  const Output output = read_output(words, 6);
  RestoredPicture restored;
  const Status status = restore_picture(output.view, output.trace, options, restored);
  std::vector<std::uint8_t> both = restored.labels.labels;
  both.insert(both.end(), restored.confidence.levels.begin(), restored.confidence.levels.end());
  return finish(status, both.data(), both.size());
}

int several(const Words& words) {
  RestoreOptions options;
  options.multi_label = true;
  options.scores = kind_of(words[1]);
  options.threshold = fraction(words[2]);
  const Output output = read_output(words, 3);
  RestoredPicture restored;
  const Status status = restore_picture(output.view, output.trace, options, restored);
  return finish(status, restored.labels.labels.data(), restored.labels.labels.size());
}

int grey(Size size) {
  std::vector<std::byte> file;
  const Status status = PngEncoder().encode(ConfidenceMap{size, read_input()}, file);
  return finish(status, file.data(), file.size());
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
  if (words[0] == "probable") return probable(words);
  if (words[0] == "several") return several(words);
  const Size size{number(words[1]), number(words[2])};
  if (words[0] == "overlay") return overlay(size);
  if (words[0] == "grey") return grey(size);
  if (words[0] == "count") return count(size);
  return encode(words[0], size, words);
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  return segfleet::run({argv + 1, argv + argc});
}
