// SPDX-License-Identifier: Apache-2.0
#include "base/kernel_file.h"

#include <fstream>

namespace segfleet {

std::optional<std::string> read_kernel_file(const std::filesystem::path& path) {
  constexpr std::size_t kMost_bytes = std::size_t{64} * 1024;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(kMost_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace segfleet
