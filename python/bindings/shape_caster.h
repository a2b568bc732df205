// SPDX-License-Identifier: Apache-2.0
// Shape to and from Python: a list of int. Every file that passes one to Python includes it.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <vector>

#include "segfleet/shape.h"

namespace nanobind::detail {

template <>
struct type_caster<segfleet::Shape> {
  using Extents = make_caster<std::vector<std::int64_t>>;
  NB_TYPE_CASTER(segfleet::Shape, Extents::Name)

  bool from_python(handle source, std::uint8_t flags, cleanup_list* cleanup) noexcept {
    Extents extents;
    if (!extents.from_python(source, flags, cleanup) || extents.value.size() > segfleet::Shape::kMaxRank)
      return false;
    value = segfleet::Shape(extents.value.begin(), extents.value.end());
    return true;
  }
  static handle from_cpp(const segfleet::Shape& shape, rv_policy policy, cleanup_list* cleanup) noexcept {
    return Extents::from_cpp(std::vector<std::int64_t>(shape.begin(), shape.end()), policy, cleanup);
  }
};

}  // namespace nanobind::detail
