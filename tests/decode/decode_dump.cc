// SPDX-License-Identifier: Apache-2.0
// Decodes the files named on standard input, one a line, for decode_parity_test.py. The n-th picture's
// blue-green-red bytes go to OUT/n; standard output gets "ok WIDTH HEIGHT PICTURE_WIDTH PICTURE_HEIGHT" or
// "CODE MESSAGE" a line, and at the end "peak_kib N", the most memory that was resident. Of a JPEG it may be
// enough to have one pixel for TIMES each way.
// Usage: decode_dump OUT [MAX_PIXELS [TIMES]]
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "imaging/decode/decode.h"

namespace {

// Of this program alone; getrusage would count what its parent had when it forked.
long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      long kib = 0;
      status >> kib;
      return kib;
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string out = argv[1];
  segfleet::DecodeLimits limits;
  if (argc > 2) limits.max_pixels = std::stoull(argv[2]);
  const int times = argc > 3 ? std::stoi(argv[3]) : 1;
  segfleet::LeastSize least;
  if (times > 1)
    least = [times](segfleet::Size picture) -> segfleet::Size {
      return {picture.width / times, picture.height / times};
    };
  segfleet::Image image;
  segfleet::Size picture;
  std::string path;
  for (int n = 0; std::getline(std::cin, path); ++n) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const segfleet::Status status =
        segfleet::decode_image_reduced(std::as_bytes(std::span(bytes)), limits, least, image, picture);
    if (!status) {
      fmt::print("{} {}\n", segfleet::name_of(status.error().code), status.error().message);
      continue;
    }
    std::ofstream(fmt::format("{}/{}", out, n), std::ios::binary)
        .write(reinterpret_cast<const char*>(image.pixels.data()),
               static_cast<std::streamsize>(image.pixels.size()));
    fmt::print("ok {} {} {} {}\n", image.size.width, image.size.height, picture.width, picture.height);
  }
  fmt::print("peak_kib {}\n", peak_kib());
}
