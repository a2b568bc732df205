// SPDX-License-Identifier: Apache-2.0
#include "model/interpolation_names.h"

#include <array>
#include <utility>

namespace segfleet {
namespace {

constexpr std::array<std::pair<Interpolation, std::string_view>, 5> kNames{
    {{Interpolation::nearest, "NEAREST"},
     {Interpolation::linear, "LINEAR"},
     {Interpolation::cubic, "CUBIC"},
     {Interpolation::area, "AREA"},
     {Interpolation::lanczos4, "LANCZOS4"}}};

}  // namespace

std::string_view name_of(Interpolation interpolation) {
  for (const auto& [value, name] : kNames)
    if (value == interpolation) return name;
  return "?";
}

std::optional<Interpolation> interpolation_from_name(std::string_view name) {
  for (const auto& [value, known] : kNames)
    if (known == name) return value;
  return std::nullopt;
}

}  // namespace segfleet
