// SPDX-License-Identifier: Apache-2.0
// For resize_parity_test.py: resizes pictures by RowSource. Standard input holds one case after the other:
//   a line "INTERPOLATION u8|f32 WIDTH HEIGHT TO_WIDTH TO_HEIGHT", then the pixels (u8: BGR, f32: RGB).
// Standard output gets each result as float32 RGB. All cases share one RowSource.
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "imaging/preprocess/row_source.h"

namespace segfleet {
namespace {

const std::map<std::string, Interpolation> kInterpolations = {{"NEAREST", Interpolation::nearest},
                                                              {"LINEAR", Interpolation::linear},
                                                              {"CUBIC", Interpolation::cubic},
                                                              {"AREA", Interpolation::area},
                                                              {"LANCZOS4", Interpolation::lanczos4}};

template <typename Value>
std::vector<Value> read_values(std::size_t count) {
  std::vector<Value> values(count);
  std::cin.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(Value)));
  return values;
}

void write_resized(RowSource& source, Size target) {
  const std::size_t count = 3 * static_cast<std::size_t>(target.width);
  std::vector<float> row(count + kRowSlackFloats);
  for (int y = 0; y < target.height; ++y) {
    source.row(y, row.data());
    std::cout.write(reinterpret_cast<const char*>(row.data()),
                    static_cast<std::streamsize>(count * sizeof(float)));
  }
}

int run() {
  RowSource source;
  std::string interpolation;
  std::string type;
  Size from;
  Size to;
  while (std::cin >> interpolation >> type >> from.width >> from.height >> to.width >> to.height) {
    std::cin.get();
    const std::size_t count =
        3 * static_cast<std::size_t>(from.width) * static_cast<std::size_t>(from.height);
    const auto bytes = read_values<std::uint8_t>(type == "u8" ? count : 0);
    const auto floats = read_values<float>(type == "u8" ? 0 : count);
    const PictureView picture{type == "u8" ? bytes.data() : nullptr, type == "u8" ? nullptr : floats.data(),
                              from};
    source.open_resized(picture, to, kInterpolations.at(interpolation));
    write_resized(source, to);
  }
  return 0;
}

}  // namespace
}  // namespace segfleet

int main() {
  std::ios::sync_with_stdio(false);
  return segfleet::run();
}
