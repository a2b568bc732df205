// SPDX-License-Identifier: Apache-2.0
// For preprocess_parity_test.py: runs a model package's transforms on raw pictures.
//   preprocess_dump PACKAGE STICKY < cases
// A case is a line "PICTURE WIDTH HEIGHT TENSOR": PICTURE holds H*W*3 bytes BGR, TENSOR gets the float32
// planes. For each case one line is printed: "ok WIDTH HEIGHT TRACE" or "CODE MESSAGE".
// All cases share one Preprocessor.
#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include "base/file.h"
#include "imaging/preprocess/preprocess.h"

namespace segfleet {
namespace {

std::string text_of(const Trace& trace) {
  std::string text;
  for (const TraceEntry& entry : trace) {
    const auto* resized = std::get_if<ResizedFrom>(&entry);
    const Size size = resized != nullptr ? resized->size : std::get<PaddedFrom>(entry).size;
    text += fmt::format(" {}:{}x{}", resized != nullptr ? "resize" : "padding", size.width, size.height);
  }
  return text;
}

Status run_case(Preprocessor& preprocessor, const std::string& picture, Size size,
                const std::string& result) {
  std::vector<std::byte> bytes;
  SEGFLEET_RETURN_IF_ERROR(read_file(picture, 1ull << 32, bytes));
  Image image{size, {}};
  for (const std::byte byte : bytes) image.pixels.push_back(std::to_integer<std::uint8_t>(byte));
  Tensor tensor;
  Trace trace;
  SEGFLEET_RETURN_IF_ERROR(preprocessor.run(image, tensor, trace));
  std::ofstream file(result, std::ios::binary);
  file.write(reinterpret_cast<const char*>(tensor.bytes()),
             static_cast<std::streamsize>(tensor.size_bytes()));
  fmt::print("ok {} {}{}\n", tensor.shape()[3], tensor.shape()[2], text_of(trace));
  return {};
}

int run(const std::string& package_path, bool sticky) {
  const auto package = load_model_package(package_path);
  if (!package.ok()) {
    fmt::print("{} {}\n", name_of(package.error().code), package.error().message);
    return 1;
  }
  Preprocessor preprocessor(package->transforms, sticky);
  std::string picture;
  std::string result;
  Size size;
  while (std::cin >> picture >> size.width >> size.height >> result) {
    const Status status = run_case(preprocessor, picture, size, result);
    if (!status.ok()) fmt::print("{} {}\n", name_of(status.error().code), status.error().message);
  }
  return 0;
}

}  // namespace
}  // namespace segfleet

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return segfleet::run(argv[1], std::string_view(argv[2]) == "sticky");
}
