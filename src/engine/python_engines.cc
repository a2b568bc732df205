// SPDX-License-Identifier: Apache-2.0
#include "engine/python_engines.h"

#include <algorithm>
#include <array>

namespace segfleet {

std::span<const std::string_view> python_engines() {
  static constexpr std::array<std::string_view, 2> kNames{"onnxruntime", "paddle"};
  return kNames;
}

bool is_python_engine(std::string_view name) {
  return name.find(':') != std::string_view::npos || std::ranges::count(python_engines(), name) > 0;
}

}  // namespace segfleet
