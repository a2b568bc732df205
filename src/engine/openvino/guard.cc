// SPDX-License-Identifier: Apache-2.0
#include "engine/openvino/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace segfleet {
namespace {

constexpr std::size_t kLongestMessage = 600;

bool is_position(std::string_view line) {
  return line.starts_with("Exception from ") || (line.starts_with("Check '") && line.ends_with(':'));
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) line.remove_prefix(1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  return line;
}

// What oneDNN, Level Zero and OpenCL say when device or host memory runs out.
bool speaks_of_memory(std::string_view message) {
  static constexpr std::array kWords = {"bad_alloc",
                                        "bad alloc",
                                        "out of memory",
                                        "OUT_OF_HOST_MEMORY",
                                        "OUT_OF_DEVICE_MEMORY",
                                        "OUT_OF_RESOURCES",
                                        "MEM_OBJECT_ALLOCATION_FAILURE",
                                        "failed to allocate",
                                        "Failed to allocate",
                                        "Cannot allocate memory"};
  return std::ranges::any_of(kWords,
                             [&](const char* word) { return message.find(word) != std::string_view::npos; });
}

}  // namespace

std::string tidy_openvino_message(std::string_view message) {
  std::string tidy;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    const std::string_view line = trimmed(message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
    if (line.empty() || is_position(line)) continue;
    if (!tidy.empty()) tidy += "; ";
    tidy += line;
  }
  if (tidy.empty()) return "no reason given";
  if (tidy.size() > kLongestMessage) tidy = tidy.substr(0, kLongestMessage) + "...";
  return tidy;
}

Error openvino_error(ErrorCode code, std::string_view action, std::string_view message) {
  if (speaks_of_memory(message)) code = ErrorCode::out_of_memory;
  return {code, fmt::format("{}: {}", action, tidy_openvino_message(message))};
}

}  // namespace segfleet
